"""Writes spark.tsv: type and text of every expression in expressions.sql, as Apache Spark computes them.

Run it with the Python of an environment that holds pyspark; the lines are expression, type, value (\\N for NULL,
or ERROR and the SQLSTATE), separated by tabs, with backslashes, tabs and line ends escaped.
"""
import pathlib

from pyspark.sql import SparkSession

HERE = pathlib.Path(__file__).parent


def escaped(text):
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\0", "\\0")


def outcome(spark, expression):
    try:
        row = spark.sql(f"SELECT typeof({expression}), CAST(CAST({expression} AS STRING) AS BINARY)").collect()[0]
        if row[1] is None:
            return row[0], "\\N"
        return row[0], escaped(bytes(row[1]).decode("utf-8", "replace"))
    except Exception as error:
        state = error.getSqlState() if hasattr(error, "getSqlState") else None
        return "-", f"ERROR {state}"


def main():
    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.variable.substitute", "false")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("OFF")
    lines = []
    for line in (HERE / "expressions.sql").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        kind, value = outcome(spark, line)
        lines.append(f"{line}\t{kind}\t{value}\n")
    (HERE / "spark.tsv").write_text("".join(lines), encoding="utf-8")


main()
