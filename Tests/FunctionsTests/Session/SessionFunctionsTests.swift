import LakeFunctions
import Testing

@Suite struct SessionFunctionsTests {
  @Test func functionsTellAboutTheSession() throws {
    #expect(try call("current_user") == "ada")
    #expect(try call("current_database") == "default")
    #expect(try call("current_schema") == "default")
    #expect(try call("current_catalog") == "lakesql")
    #expect(try call("current_timezone") == "Europe/Lisbon")
    #expect(try call("version").hasPrefix("LakeSQL "))
  }
}
