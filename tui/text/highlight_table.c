#include "tui/text/highlight_table.h"

enum { CURLY = TRAIT_CALLS };

#define C_WORDS                                                                                              \
    " auto break case const continue default do else enum extern for goto if inline register restrict "      \
    "return "                                                                                                \
    "sizeof static struct switch typedef union volatile while _Alignas _Alignof _Atomic _Generic _Noreturn " \
    "_Static_assert _Thread_local NULL true false "
#define C_TYPES                                                                                              \
    " void char short int long float double signed unsigned bool _Bool size_t ssize_t ptrdiff_t intptr_t "   \
    "uintptr_t int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t time_t off_t pid_t FILE "   \
    "wchar_t va_list "
#define JS_WORDS                                                                                             \
    " async await break case catch class const continue debugger default delete do else export extends "     \
    "false "                                                                                                 \
    "finally for from function get if import in instanceof let new null of return set static super switch "  \
    "this throw true try typeof undefined var void while with yield "

const struct language highlight_languages[] = {
    {.names = " c h ",
     .files = "",
     .traits = CURLY | TRAIT_PREPROCESSOR,
     .comments = {"//"},
     .open = "/*",
     .close = "*/",
     .quotes = "\"'",
     .keywords = C_WORDS,
     .types = C_TYPES},
    {.names = " c++ cpp cc cxx hpp hh hxx ino cuda cu objective-c objc m ",
     .files = "",
     .traits = CURLY | TRAIT_PREPROCESSOR,
     .comments = {"//"},
     .open = "/*",
     .close = "*/",
     .quotes = "\"'",
     .keywords = C_WORDS
     "alignas alignof and catch class co_await co_return co_yield concept consteval constexpr constinit "
     "const_cast decltype delete dynamic_cast explicit export final friend mutable namespace new noexcept "
     "not "
     "nullptr operator or override private protected public reinterpret_cast requires static_assert "
     "static_cast template this throw try typename using virtual ",
     .types = C_TYPES "string string_view vector map set unique_ptr shared_ptr optional variant tuple pair "
                      "array unordered_map function char8_t char16_t char32_t "},
    {.names = " go golang ",
     .files = "",
     .traits = CURLY,
     .comments = {"//"},
     .open = "/*",
     .close = "*/",
     .quotes = "\"'`",
     .raw = "`",
     .keywords = " break case chan const continue default defer else fallthrough for func go goto if import "
                 "interface map package range return select struct switch type var nil true false iota ",
     .types = " bool byte complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string "
              "uint uint8 uint16 uint32 uint64 uintptr any "},
    {.names = " rust rs ",
     .files = "",
     .traits = CURLY | TRAIT_LIFETIMES | TRAIT_CAPITALS | TRAIT_NESTED,
     .comments = {"//"},
     .open = "/*",
     .close = "*/",
     .quotes = "\"'",
     .keywords =
         " as async await box break const continue crate dyn else enum extern false fn for if impl in "
         "let loop macro_rules match mod move mut pub ref return self Self static struct super trait "
         "true type union unsafe use where while ",
     .types = " bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize "},
    {.names = " java ",
     .files = "",
     .traits = CURLY | TRAIT_CAPITALS | TRAIT_DECORATORS | TRAIT_TRIPLE,
     .comments = {"//"},
     .open = "/*",
     .close = "*/",
     .quotes = "\"'",
     .keywords =
         " abstract assert break case catch class const continue default do else enum extends final finally "
         "for "
         "goto if implements import instanceof interface native new package permits private protected public "
         "record return sealed static strictfp super switch synchronized this throw throws transient try var "
         "void volatile while yield true false null ",
     .types = " boolean byte char double float int long short "},
    {.names = " kotlin kt kts ",
     .files = "",
     .traits = CURLY | TRAIT_CAPITALS | TRAIT_DECORATORS | TRAIT_TRIPLE | TRAIT_NESTED,
     .comments = {"//"},
     .open = "/*",
     .close = "*/",
     .quotes = "\"'",
     .keywords =
         " abstract actual as break by catch class companion const constructor continue crossinline data "
         "do else enum expect external false final finally for fun get if import in infix init inline "
         "inner interface internal is it lateinit lazy null object open operator out override package "
         "private protected public reified return sealed set super suspend tailrec this throw true try "
         "typealias val var vararg when where while ",
     .types = ""},
    {.names = " c# cs csharp ",
     .files = "",
     .traits = CURLY | TRAIT_CAPITALS | TRAIT_PREPROCESSOR | TRAIT_TRIPLE,
     .comments = {"//"},
     .open = "/*",
     .close = "*/",
     .quotes = "\"'",
     .keywords =
         " abstract as async await base break case catch checked class const continue default delegate do "
         "else "
         "enum event explicit extern false finally fixed for foreach get goto if implicit in init interface "
         "internal is lock namespace new null operator out override params partial private protected public "
         "readonly record ref required return sealed set sizeof stackalloc static struct switch this throw "
         "true "
         "try typeof unchecked unsafe using value var virtual volatile when where while with yield ",
     .types =
         " bool byte char decimal double dynamic float int long nint object sbyte short string uint ulong "
         "ushort void "},
    {.names = " javascript js jsx mjs cjs node ",
     .files = "",
     .traits = CURLY,
     .comments = {"//"},
     .open = "/*",
     .close = "*/",
     .quotes = "\"'`",
     .keywords = JS_WORDS,
     .types = " Array BigInt Boolean Date Error Map Number Object Promise Proxy RegExp Set String Symbol "
              "WeakMap "},
    {.names = " typescript ts tsx mts cts ",
     .files = "",
     .traits = CURLY | TRAIT_DECORATORS,
     .comments = {"//"},
     .open = "/*",
     .close = "*/",
     .quotes = "\"'`",
     .keywords = JS_WORDS
     "abstract as asserts declare enum implements infer interface is keyof module namespace override "
     "private protected public readonly satisfies type ",
     .types =
         " Array BigInt Boolean Date Error Map Number Object Partial Promise Record RegExp Set String any "
         "bigint boolean never number object string symbol unknown "},
    {.names = " python py pyi python3 pyw ",
     .files = "",
     .traits = TRAIT_CALLS | TRAIT_TRIPLE | TRAIT_DECORATORS,
     .comments = {"#"},
     .quotes = "\"'",
     .keywords =
         " False None True and as assert async await break case class continue def del elif else except "
         "finally for from global if import in is lambda match nonlocal not or pass raise return self "
         "try while with yield ",
     .types = " bool bytes bytearray complex dict float frozenset int list object set str tuple type Any "
              "Callable Dict Iterable Iterator List Optional Tuple Union "},
    {.names = " ruby rb ",
     .files = " rakefile gemfile ",
     .traits = TRAIT_CAPITALS | TRAIT_CALLS,
     .comments = {"#"},
     .quotes = "\"'`",
     .keywords =
         " BEGIN END alias and begin break case class def defined do else elsif end ensure false for if "
         "in module next nil not or private protected public raise redo rescue retry return self super "
         "then true undef unless until when while yield require require_relative include extend "
         "attr_accessor attr_reader attr_writer puts ",
     .types = ""},
    {.names = " php ",
     .files = "",
     .traits = CURLY | TRAIT_VARIABLES | TRAIT_CASELESS | TRAIT_LONG_STRINGS,
     .comments = {"//", "#"},
     .open = "/*",
     .close = "*/",
     .quotes = "\"'",
     .keywords =
         " abstract and array as break callable case catch class clone const continue declare default do "
         "echo "
         "else elseif empty enum exit extends false final finally fn for foreach function global goto if "
         "implements include include_once instanceof interface isset list match namespace new null or print "
         "private protected public readonly require require_once return static switch throw trait true try "
         "unset use var while xor yield ",
     .types = " bool float int iterable mixed never object parent self string void "},
    {.names = " sh bash shell zsh ksh console shellsession sh-session terminal fish ",
     .files = " .bashrc .profile .zshrc ",
     .traits = TRAIT_VARIABLES | TRAIT_LONG_STRINGS | TRAIT_DASHES | TRAIT_SPACED_HASH,
     .comments = {"#"},
     .quotes = "\"'`",
     .raw = "'",
     .keywords =
         " if then else elif fi for in do done while until case esac function select time return exit "
         "break continue local export readonly declare unset shift source alias set trap eval exec ",
     .types = " cd echo printf read test sudo true false "},
    {.names = " lua ",
     .files = "",
     .traits = CURLY | TRAIT_BRACKETS,
     .comments = {"--"},
     .quotes = "\"'",
     .keywords = " and break do else elseif end false for function goto if in local nil not or repeat return "
                 "then true until while ",
     .types = ""},
    {.names = " sql mysql postgres postgresql psql sqlite plsql ",
     .files = "",
     .traits = TRAIT_CASELESS | TRAIT_CALLS | TRAIT_LONG_STRINGS,
     .comments = {"--"},
     .open = "/*",
     .close = "*/",
     .quotes = "'\"`",
     .raw = "'\"`",
     .keywords =
         " add all alter analyze and any as asc begin between by cascade case check collate column commit "
         "constraint create cross database default delete desc distinct drop else end escape except exists "
         "explain false fetch filter first for foreign from full function grant group having if ilike in "
         "index "
         "inner insert intersect into is join key lateral left like limit materialized natural not null "
         "nulls "
         "offset on or order outer over partition pragma primary procedure recursive references replace "
         "returning revoke right rollback row rows schema select set table temporary then to transaction "
         "trigger true truncate union unique update using values view when where window with ",
     .types = " bigint blob boolean bytea char date datetime decimal double float int integer interval json "
              "jsonb numeric real serial smallint text time timestamp timestamptz uuid varchar "},
    {.names = " json jsonc json5 jsonl ndjson ",
     .files = "",
     .traits = TRAIT_STRING_KEYS,
     .comments = {"//"},
     .open = "/*",
     .close = "*/",
     .quotes = "\"",
     .keywords = " true false null ",
     .types = ""},
    {.names = " yaml yml ",
     .files = "",
     .traits = TRAIT_KEY_COLON | TRAIT_SPACED_HASH | TRAIT_DASHES,
     .comments = {"#"},
     .quotes = "\"'",
     .keywords = " true false null yes no on off ",
     .types = ""},
    {.names = " toml ",
     .files = " cargo.lock poetry.lock ",
     .traits = TRAIT_KEY_EQUALS | TRAIT_SECTIONS | TRAIT_TRIPLE,
     .comments = {"#"},
     .quotes = "\"'",
     .keywords = " true false ",
     .types = ""},
    {.names = " ini cfg conf desktop service properties env dotenv systemd gitconfig ",
     .files = " .env .gitconfig .editorconfig ",
     .traits = TRAIT_KEY_EQUALS | TRAIT_SECTIONS | TRAIT_SPACED_HASH,
     .comments = {"#", ";"},
     .quotes = "\"",
     .keywords = " true false yes no on off ",
     .types = ""},
    {.names = " html xml htm xhtml svg vue svelte xsl plist ", .files = "", .lexer = LEX_MARKUP},
    {.names = " css scss less sass ",
     .files = "",
     .traits = TRAIT_KEY_COLON | TRAIT_DASHES | TRAIT_DECORATORS | TRAIT_CALLS,
     .open = "/*",
     .close = "*/",
     .quotes = "\"'",
     .keywords = " important inherit initial none auto ",
     .types = ""},
    {.names = " make makefile mk gmake ",
     .files = " makefile gnumakefile ",
     .traits = TRAIT_VARIABLES | TRAIT_KEY_COLON | TRAIT_KEY_EQUALS | TRAIT_DASHES | TRAIT_SPACED_HASH,
     .comments = {"#"},
     .quotes = "",
     .keywords =
         " ifeq ifneq ifdef ifndef else endif include define endef export override unexport -include ",
     .types = ""},
    {.names = " dockerfile docker containerfile ",
     .files = " dockerfile containerfile ",
     .traits = TRAIT_VARIABLES | TRAIT_SPACED_HASH | TRAIT_DASHES,
     .comments = {"#"},
     .quotes = "\"'",
     .keywords = " FROM AS RUN CMD LABEL EXPOSE ENV ADD COPY ENTRYPOINT VOLUME USER WORKDIR ARG ONBUILD "
                 "STOPSIGNAL HEALTHCHECK SHELL ",
     .types = ""},
    {.names = " diff patch udiff ", .files = "", .lexer = LEX_DIFF},
    {.names = " md markdown ", .files = "", .lexer = LEX_MARKDOWN},
};

const size_t highlight_language_count = sizeof highlight_languages / sizeof *highlight_languages;
