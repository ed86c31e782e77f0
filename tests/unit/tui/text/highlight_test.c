#include "tui/style.h"
#include "tui/text/highlight.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char letter(unsigned char style)
{
    static const char letters[STYLE_COUNT] = {
        [STYLE_KEYWORD] = 'k', [STYLE_TYPE] = 't',     [STYLE_STRING] = 's', [STYLE_NUMBER] = 'n',
        [STYLE_COMMENT] = 'c', [STYLE_FUNCTION] = 'f', [STYLE_HUNK] = '@',   [STYLE_ADDED] = '+',
        [STYLE_REMOVED] = '-', [STYLE_STRONG] = 'h',
    };

    return letters[style] ? letters[style] : '.';
}

/* The code's lines, and below each what every byte of it is: lines in pairs. */
static void expect(const char *label, const char *pairs)
{
    const struct language *language = highlight_language(label, strlen(label));
    struct highlight highlight;
    unsigned char styles[256];
    char got[256];

    assert_non_null(language);
    highlight_init(&highlight, language);
    for (const char *at = pairs; *at;) {
        size_t len = strcspn(at, "\n");
        const char *want = at + len + 1;
        highlight_line(&highlight, at, len, styles);
        for (size_t i = 0; i < len; i++)
            got[i] = letter(styles[i]);
        size_t want_len = strcspn(want, "\n");
        if (want_len != len || memcmp(got, want, len) != 0)
            fail_msg("%s:\n%.*s\n%.*s, but should be\n%.*s", label, (int)len, at, (int)len, got,
                     (int)want_len, want);
        at = want + want_len + (want[want_len] == '\n');
    }
}

static void programs(void **arg)
{
    (void)arg;
    expect("c", "#include <stdio.h> // x\n"
                "kkkkkkkk.sssssssss.cccc\n"
                "static int f(char c) { return 0x1F + '\\''; } /* a\n"
                "kkkkkk.ttt.f.tttt......kkkkkk.nnnn...ssss....cccc\n"
                "b */ x = \"a\\\"b\";\n"
                "cccc.....ssssss.\n");
    expect("cpp", "auto x = std::vector<int>{}; class A;\n"
                  "kkkk..........tttttt.ttt.....kkkkk...\n");
    expect("go", "func f(s string) { x := `raw\n"
                 "kkkk.f...tttttt.........ssss\n"
                 "still` } // c\n"
                 "ssssss...cccc\n");
    expect("rust", "fn f<'a>(x: &'a str) -> Vec<u8> { let c = 'x'; vec!(1) }\n"
                   "kk...tt......tt.ttt.....ttt.tt....kkk.....sss..fff..n...\n"
                   "/* a /* b */ c\n"
                   "cccccccccccccc\n"
                   "d */ 1\n"
                   "cccc.n\n");
    expect("java", "@Override public String f() { return null; }\n"
                   "fffffffff.kkkkkk.tttttt.f.....kkkkkk.kkkk...\n");
    expect("kotlin", "fun main() { val x = \"\"\"a\n"
                     "kkk.ffff.....kkk.....ssss\n"
                     "b\"\"\" }\n"
                     "ssss..\n");
    expect("c#", "using System; var x = 1.5f;\n"
                 "kkkkk.tttttt..kkk.....nnnn.\n");
    expect("js", "const x = `a ${b}\n"
                 "kkkkk.....sssssss\n"
                 "c`; f(1)\n"
                 "ss..f.n.\n");
    expect("ts", "interface A { x: string }\n"
                 "kkkkkkkkk........tttttt..\n");
    expect("python", "@dec\n"
                     "ffff\n"
                     "def f(x: int): # c\n"
                     "kkk.f....ttt...ccc\n"
                     "    \"\"\"doc\n"
                     "....ssssss\n"
                     "  end\"\"\" or 'x'\n"
                     "ssssssss.kk.sss\n");
    expect("ruby", "def f; puts 'x' # c\n"
                   "kkk....kkkk.sss.ccc\n");
    expect("php", "<?php $x = foo('a'); // c\n"
                  "......tt...fff.sss...cccc\n");
}

static void scripts(void **arg)
{
    (void)arg;
    expect("sh", "if [ \"$x\" ]; then echo ${y} a#b # c\n"
                 "kk...ssss....kkkk.tttt.tttt.....ccc\n"
                 "x='a\n"
                 "..ss\n"
                 "b' fi\n"
                 "ss.kk\n");
    expect("lua", "local x = [[a\n"
                  "kkkkk.....sss\n"
                  "b]] -- c\n"
                  "sss.cccc\n");
    expect("sql", "SELECT count(*) FROM t WHERE a = 'x''y' -- c\n"
                  "kkkkkk.fffff....kkkk...kkkkk.....ssssss.cccc\n");
    expect("make", "all: $(X) ## c\n"
                   "ttt..tttt.cccc\n"
                   "X := 1\n"
                   "tt...n\n"
                   "ifeq ($(A),b)\n"
                   "kkkk..tttt...\n");
    expect("dockerfile", "FROM a:1 # c\n"
                         "kkkk...n.ccc\n");
}

static void data(void **arg)
{
    (void)arg;
    expect("json", "{\"k\": [1, -2.5e+3, true, \"v\"]}\n"
                   ".ttt...n...nnnnnn..kkkk..sss..\n");
    expect("yaml", "- key: \"v\" # c\n"
                   "..ttt..sss.ccc\n"
                   "other: true\n"
                   "ttttt..kkkk\n"
                   "url: http://x#y\n"
                   "ttt............\n");
    expect("toml", "[a.b]\n"
                   "kkkkk\n"
                   "key = \"v\"\n"
                   "tttt..sss\n");
    expect("ini", "; c\n"
                  "ccc\n"
                  "key=1\n"
                  "ttt.n\n");
    expect("html", "<a href=\"x\">t &amp;</a> <!-- c\n"
                   "kk.tttt.sssk..nnnn.kkkk.cccccc" +
                       0);
    expect("css", "  color: url(x); /* c\n"
                  "..ttttt..fff.....cccc\n"
                  "*/ a:hover { margin: 0 }\n"
                  "cc...................n..\n"
                  "a:hover { color: #fff; } /* c */\n"
                  ".........................ccccccc" +
                      0);
}

static void a_diff_knows_its_hunks(void **arg)
{
    (void)arg;
    expect("diff", "diff --git a/x b/x\n"
                   "hhhhhhhhhhhhhhhhhh\n"
                   "--- a/x\n"
                   "hhhhhhh\n"
                   "+++ b/x\n"
                   "hhhhhhh\n"
                   "@@ -1,2 +1,2 @@ f\n"
                   "@@@@@@@@@@@@@@@@@\n"
                   "--- was a comment\n"
                   "-----------------\n"
                   "+++x\n"
                   "++++\n"
                   " same\n"
                   ".....\n"
                   "--- a/y\n"
                   "hhhhhhh\n");
}

static void labels_and_files_are_known(void **arg)
{
    (void)arg;
    assert_ptr_equal(highlight_language("C++", 3), highlight_file_language("src/a.hpp"));
    assert_ptr_equal(highlight_language("bash title=x", 12), highlight_language("sh", 2));
    assert_ptr_equal(highlight_language("{.python}", 9), highlight_file_language("/x/y.py"));
    assert_ptr_equal(highlight_language("make", 4), highlight_file_language("dir/Makefile"));
    assert_ptr_equal(highlight_language("src/main.rs", 11), highlight_language("rust", 4));
    assert_null(highlight_language("", 0));
    assert_null(highlight_language(" ", 1));
    assert_null(highlight_language("klingon", 7));
    assert_null(highlight_file_language("README"));
}

static void a_diff_without_a_label_is_guessed(void **arg)
{
    static const struct {
        const char *text;
        bool diff, decided;
    } cases[] = {
        {"", false, false},           {"diff --", false, false},    {"diff --git a/x b/x", true, true},
        {"@@ -1 +1 @@", true, true},  {"--- a\n", false, false},    {"--- a\n++", false, false},
        {"--- a\n+++ b", true, true}, {"--- a\n-x", false, true},   {"-x\n+y", false, true},
        {"int main", false, true},    {"Index: a.c\n", true, true},
    };

    (void)arg;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool decided;
        const struct language *got = highlight_guess(cases[i].text, strlen(cases[i].text), &decided);
        if ((got != NULL) != cases[i].diff || decided != cases[i].decided)
            fail_msg("'%s': %s, %s", cases[i].text, got ? "diff" : "none", decided ? "decided" : "open");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs),
        cmocka_unit_test(scripts),
        cmocka_unit_test(data),
        cmocka_unit_test(a_diff_knows_its_hunks),
        cmocka_unit_test(labels_and_files_are_known),
        cmocka_unit_test(a_diff_without_a_label_is_guessed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
