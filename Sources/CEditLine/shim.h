#include <histedit.h>
#include <stdio.h>
#include <wchar.h>

/* el_set and history take variable arguments, which Swift cannot pass; each function here fixes their types. */

static inline EditLine *el_init_standard(const char *program, int output_is_terminal) {
  return el_init(program, stdin, output_is_terminal ? stdout : stderr, stderr);
}

static inline int el_set_prompt(EditLine *editor, char *(*prompt)(EditLine *)) {
  return el_set(editor, EL_PROMPT, prompt);
}

static inline int el_set_editor(EditLine *editor, const char *name) { return el_set(editor, EL_EDITOR, name); }

static inline int el_set_signal(EditLine *editor, int handles_signals) {
  return el_set(editor, EL_SIGNAL, handles_signals);
}

static inline int el_set_reader(EditLine *editor, int (*read_character)(EditLine *, wchar_t *)) {
  return el_set(editor, EL_GETCFN, read_character);
}

static inline int el_prepare_terminal(EditLine *editor) { return el_set(editor, EL_PREP_TERM, 1); }

static inline int el_set_history(EditLine *editor, History *entries) {
  return el_set(editor, EL_HIST, history, entries);
}

static inline int el_bind(EditLine *editor, const char *key, const char *command) {
  return el_set(editor, EL_BIND, key, command, NULL);
}

static inline int history_set_number(History *entries, int operation, int number) {
  HistEvent event;
  return history(entries, &event, operation, number);
}

static inline int history_set_text(History *entries, int operation, const char *text) {
  HistEvent event;
  return history(entries, &event, operation, text);
}
