// GNU readline for Swift: its globals are mutable C variables, which Swift 6 does not let through,
// so each one that graft needs is set by a function here.
#include <stdio.h>
#include <readline/readline.h>
#include <readline/history.h>

typedef char **(*graft_completion_function)(const char *, int, int);
typedef int (*graft_read_function)(FILE *);

static inline void graft_readline_configure(
    graft_completion_function complete, graft_read_function read_character) {
  rl_readline_name = "graft";
  rl_catch_signals = 0;
  rl_attempted_completion_function = complete;
  rl_getc_function = read_character;
  rl_completer_word_break_characters = " \t\n;=([,)]";
  rl_completer_quote_characters = "";
  rl_basic_quote_characters = "";
  rl_filename_completion_desired = 0;
  rl_sort_completion_matches = 0;
  rl_completion_query_items = 200;
  rl_variable_bind("enable-bracketed-paste", "on");
  rl_variable_bind("bell-style", "none");
  rl_variable_bind("show-all-if-ambiguous", "on");
  rl_variable_bind("completion-ignore-case", "off");
}

static inline const char *graft_readline_buffer(void) { return rl_line_buffer; }
static inline int graft_readline_point(void) { return rl_point; }

// Keeps readline from falling back to file names, and says what follows a single match.
static inline void graft_readline_finish_completion(int appends_space) {
  rl_attempted_completion_over = 1;
  rl_completion_append_character = appends_space ? ' ' : '\0';
  rl_completion_suppress_append = !appends_space;
}

// Prints a line below the one being edited, and the line again below that.
static inline void graft_readline_show_hint(const char *text) {
  rl_crlf();
  fputs(text, rl_outstream);
  rl_crlf();
  rl_on_new_line();
  rl_redisplay();
}

// Drops the line being edited, leaving ^C after it.
static inline void graft_readline_clear_line(void) {
  fputs("^C", rl_outstream);
  rl_replace_line("", 0);
  rl_point = 0;
}

static inline void graft_readline_check_signals(void) { rl_check_signals(); }
static inline int graft_readline_history_base(void) { return history_base; }
static inline int graft_readline_history_length(void) { return history_length; }
