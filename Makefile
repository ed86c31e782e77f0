# stoa: one plain Makefile, out-of-tree in build/ (build-SAN/ for sanitizer builds), header dependencies by the compiler.
# `make help` lists the targets.

VERSION := 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
CC ?= cc
PYTHON ?= $(shell [ -x /usr/bin/python3 ] && echo /usr/bin/python3 || command -v python3)
PKG_CONFIG ?= pkg-config
Q := $(if $(V),,@)
JOBS := -j$(shell nproc)
# What a recipe does, in one short line; V=1 shows the commands instead.
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))

empty :=
comma := ,
BUILD := build$(if $(SAN),-$(subst $(comma),-,$(SAN)))

# --- flags -------------------------------------------------------------------------------------------------------
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wconversion -Wno-sign-conversion \
        -Wpointer-arith -Wwrite-strings -Wundef -Wno-format-truncation $(if $(CI)$(WERROR),-Werror)
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all)
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 -I. -D_GNU_SOURCE -DSTOA_VERSION='"$(VERSION)"' -DSTOA_PREFIX='"$(PREFIX)"' $(WARN) $(CFLAGS) $(SANFLAGS) \
             -fstack-protector-strong -fvisibility=hidden $(if $(SAN),,-D_FORTIFY_SOURCE=2) -fPIE
ALL_LDFLAGS = $(LDFLAGS) $(SANFLAGS) -pie -Wl,--as-needed -Wl,-z,relro,-z,now

LIB_shared := libuv libzmq jansson yaml-0.1 libutf8proc libsodium
LIB_proto  := jansson
LIB_daemon := libuv libzmq jansson sqlite3 libsodium
LIB_agent  := libuv jansson libcurl libsodium libmicrohttpd
LIB_tui    := libuv libzmq jansson ncursesw libutf8proc md4c libqrencode
pkgs = $(shell $(PKG_CONFIG) --libs $(1) 2>/dev/null)

# --- sources -----------------------------------------------------------------------------------------------------
FOLDERS := shared proto daemon daemon/agent tui
# A folder's archive holds what is below it too, but for folders that have one of their own.
sources = $(filter-out $(1)/main.c $(foreach f,$(filter $(1)/%,$(FOLDERS)),$(f)/%.c),$(wildcard $(1)/*.c $(1)/*/*.c))
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(call sources,$(1)))
archive = $(BUILD)/lib/$(subst /,-,$(1)).a
ARCHIVES := $(foreach f,$(FOLDERS),$(call archive,$(f)))

PROGRAMS := $(BUILD)/stoad $(BUILD)/stoa-agent $(BUILD)/stoa
UNIT_SOURCES := $(wildcard $(addprefix tests/unit/,*/*_test.c */*/*_test.c */*/*/*_test.c))
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_SOURCES))
# What the bench measures with, and what the daemon is measured against.
BENCH_PROGRAMS := $(addprefix $(BUILD)/bench-,model agent load raw store)
BENCH_ALL := $(BENCH_PROGRAMS) $(BUILD)/bench-pidfd.so
bench_objects = $(patsubst %,$(BUILD)/obj/tests/bench/%.o,$(1))

.PHONY: all
all: $(PROGRAMS) ## build the three programs into build/

define archive_rule
$(call archive,$(1)): $(call objects,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	$(Q)$$(AR) rcs $$@ $$^
endef
$(foreach f,$(FOLDERS),$(eval $(call archive_rule,$(f))))

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/stoad: $(BUILD)/obj/daemon/main.o $(call archive,daemon) $(call archive,proto) $(call archive,shared)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(call pkgs,$(LIB_daemon) $(LIB_shared)) -pthread -lm

$(BUILD)/stoa-agent: $(BUILD)/obj/daemon/agent/main.o $(call archive,daemon/agent) $(call archive,proto) $(call archive,shared)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(call pkgs,$(LIB_agent) $(LIB_shared)) -pthread -lm

$(BUILD)/stoa: $(BUILD)/obj/tui/main.o $(call archive,tui) $(call archive,proto) $(call archive,shared)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(call pkgs,$(LIB_tui) $(LIB_shared)) -pthread

# A unit test tests/unit/<folder>/<name>_test.c links the archive of its folder and those below it.
UNIT_LIBS = $(call pkgs,cmocka vterm $(LIB_daemon) $(LIB_agent) $(LIB_tui) $(LIB_shared)) -pthread -lm
unit_archives = $(call archive,$(1)) $(call archive,proto) $(call archive,shared)
define unit_rule
$(BUILD)/unit/$(1)/%_test: tests/unit/$(1)/%_test.c $(call unit_archives,$(1))
	@mkdir -p $$(@D)
	$$(call say,TEST,$$@)
	$(Q)$$(CC) $$(ALL_CFLAGS) -MMD -MP -MF $$@.d $$(ALL_LDFLAGS) -o $$@ $$< $(call unit_archives,$(1)) $$(UNIT_LIBS)
endef
$(foreach f,$(FOLDERS),$(eval $(call unit_rule,$(f))))

# The agent's MCP client as a program, for end-to-end tests and the conformance suite.
$(BUILD)/mcp-driver: $(BUILD)/obj/tests/support/mcp_driver.o $(call archive,daemon/agent) $(call archive,proto) $(call archive,shared)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(call pkgs,$(LIB_agent) $(LIB_shared)) -pthread -lm

.PHONY: unit
unit: $(UNIT_TESTS) $(BUILD)/mcp-driver $(BENCH_ALL) ## build the unit tests, and what the end-to-end tests need besides
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# --- run and test ------------------------------------------------------------------------------------------------
# Everything that building and testing need, by Debian package (Debian 12, Ubuntu 24.04).
APT_BUILD := build-essential pkg-config libzmq3-dev libuv1-dev libjansson-dev libcurl4-openssl-dev libsodium-dev \
             libmicrohttpd-dev libncurses-dev libsqlite3-dev libyaml-dev libutf8proc-dev libmd4c-dev libqrencode-dev
APT_TEST  := libcmocka-dev libfaketime libvterm-dev python3 python3-zmq tmux mandoc procps iproute2
APT_LINT  := clang-format clang-tidy cppcheck python3 mandoc git
APT_BENCH := valgrind
APT_SHOTS := librsvg2-bin fonts-dejavu-core

define need
	@missing=; for p in $(1); do \
	    dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	[ -z "$$missing" ] && exit 0; \
	echo "installing:$$missing"; \
	if [ "$$(id -u)" = 0 ]; then sudo=; elif sudo -n true 2>/dev/null; then sudo=sudo; \
	else echo "not root and no sudo; please run: apt-get install$$missing" >&2; exit 1; fi; \
	$$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $$missing >/dev/null
endef

.PHONY: screenshots golden bench-tui soak tsan valgrind deps deps-test deps-lint deps-bench run test conformance e2e fuzz fuzz-coverage asan bench lint format docs install uninstall clean help
deps: deps-build deps-test deps-lint deps-bench ## install all that building, testing and linting need (apt, npm)
.PHONY: deps-build
deps-build:
	$(call need,$(APT_BUILD))
# The fuzzers' runtime is packaged by clang's version, which is known when clang is there.
.PHONY: deps-clang
deps-clang: deps-build
	$(call need,clang)
deps-test: deps-clang
	$(call need,$(APT_TEST) libclang-rt-$$(clang -dumpversion | cut -d. -f1)-dev)
	@tests/support/npm-install
deps-lint:
	$(call need,$(APT_LINT))
# Without it the bench counts no instructions.
deps-bench:
	$(call need,$(APT_BENCH))

run: deps-build ## install what is missing, build, and open the client on a new session with the demo model
	@$(MAKE) --no-print-directory $(JOBS) all
	@tests/support/first-run $(BUILD)

# Of all fuzzers together; they run on all cores at once.
FUZZ_TOTAL ?= 80
FUZZ_TIME = $(if $(FUZZ_SECONDS),--fuzz-seconds $(FUZZ_SECONDS),--fuzz-total $(FUZZ_TOTAL))
test: deps-test ## install what is needed, build, and run all tests but the long ones
	@$(MAKE) --no-print-directory $(JOBS) WERROR=1 all unit fuzzers
	@$(PYTHON) tests/run.py --build $(BUILD) --fuzz $(FUZZ) $(FUZZ_TIME) all

e2e: all $(BUILD)/mcp-driver $(BENCH_ALL) ## the end-to-end tests and the faults alone
	@$(PYTHON) tests/run.py --build $(BUILD) e2e faults

FUZZ ?= build/fuzz
FUZZ_CC ?= clang
FUZZ_LIBS = $(call pkgs,$(LIB_daemon) $(LIB_agent) $(LIB_tui) $(LIB_shared)) -pthread -lm
FUZZ_FLAGS := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -O1 -g
FUZZ_CFLAGS = $(filter-out -D_FORTIFY_SOURCE=2,$(ALL_CFLAGS)) -Wno-everything -Werror=implicit-function-declaration -MMD -MP
# Programs have names in common, so a target is linked with those of the archives that its includes name.
fuzz_objects = $(patsubst %.c,$(FUZZ)/obj/%.o,$(foreach f,$(1),$(call sources,$(f))))
FUZZ_ARCHIVES := $(addprefix $(FUZZ)/,agent.a daemon.a tui.a base.a)
$(FUZZ)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,FUZZ,$<)
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) $(FUZZ_FLAGS) -c -o $@ $<
$(FUZZ)/agent.a: $(call fuzz_objects,daemon/agent)
$(FUZZ)/daemon.a: $(call fuzz_objects,daemon)
$(FUZZ)/tui.a: $(call fuzz_objects,tui)
$(FUZZ)/base.a: $(call fuzz_objects,proto shared)
$(FUZZ_ARCHIVES):
	@rm -f $@
	$(Q)$(AR) rcs $@ $^
$(FUZZ)/%_fuzz: tests/fuzz/%_fuzz.c $(FUZZ_ARCHIVES)
	$(call say,FUZZ,$@)
	$(Q)has() { grep -qE "#include \"($$1)" $<; }; $(FUZZ_CC) $(FUZZ_CFLAGS) $(subst fuzzer-no-link,fuzzer,$(FUZZ_FLAGS)) -MF $@.d -o $@ $< \
	    $$(has daemon/agent/ && echo $(FUZZ)/agent.a) $$(has 'daemon/([b-z][a-z]*/)?[a-z_]*\.h|tests/fuzz/daemon_rig' && echo $(FUZZ)/daemon.a) \
	    $$(has tui/ && echo $(FUZZ)/tui.a) $(FUZZ)/base.a $(FUZZ_LIBS)
-include $(shell find $(FUZZ) -name '*.d' 2>/dev/null)
.PHONY: fuzzers
fuzzers: $(patsubst tests/fuzz/%.c,$(FUZZ)/%,$(wildcard tests/fuzz/*_fuzz.c))
fuzz: deps-test fuzzers ## run all fuzzers, FUZZ_TOTAL seconds in all, or FUZZ_SECONDS each (make fuzz FUZZ_SECONDS=600)
	@$(PYTHON) tests/run.py --fuzz $(FUZZ) $(FUZZ_TIME) fuzz

fuzz-coverage: deps-test ## how much of the parsers the fuzzers' corpora reach (MORE=a folder of further corpora)
	$(call need,llvm)
	@$(MAKE) --no-print-directory $(JOBS) FUZZ=build/fuzz-coverage fuzzers \
	    FUZZ_FLAGS="-fsanitize=fuzzer-no-link -O1 -g -fprofile-instr-generate -fcoverage-mapping"
	@tests/fuzz/coverage.py $(if $(MORE),--more $(MORE))

conformance: deps-test ## the required client scenarios of the MCP conformance suite (npm, Node 22 comes with it)
	@tests/support/npm-install tests/conformance
	@$(MAKE) --no-print-directory $(JOBS) WERROR=1 $(BUILD)/mcp-driver
	@$(PYTHON) tests/conformance/run.py --build $(BUILD)

asan: deps-test ## unit and end-to-end tests under AddressSanitizer and UBSan
	@$(MAKE) --no-print-directory $(JOBS) SAN=address,undefined all unit
	@$(PYTHON) tests/run.py --build build-address-undefined unit e2e faults

tsan: deps-test ## the unit tests under ThreadSanitizer, and what goes through the socket's thread
	@$(MAKE) --no-print-directory $(JOBS) SAN=thread all unit
	@$(PYTHON) tests/run.py --build build-thread --slow 10 unit
	@$(PYTHON) tests/run.py --build build-thread --only test_stream. e2e
	@$(PYTHON) tests/run.py --build build-thread --only test_branch. e2e

valgrind: deps-test ## the unit tests under valgrind's memcheck
	$(call need,valgrind)
	@$(MAKE) --no-print-directory $(JOBS) all unit
	@$(PYTHON) tests/run.py --build $(BUILD) --valgrind --slow 30 unit

bench: all $(BENCH_ALL) ## measure latency, throughput, memory, CPU and times of the daemon beside raw libzmq and SQLite
	@$(PYTHON) tests/bench/bench.py --build $(BUILD) --json $(BUILD)/bench.json
$(BUILD)/bench-model: $(call bench_objects,model_source args timing) $(call archive,shared)
$(BUILD)/bench-agent: $(call bench_objects,agent_double args pace timing) $(call archive,proto) $(call archive,shared)
$(BUILD)/bench-load: $(call bench_objects,load load_client load_stream load_requests load_users args pace timing) $(call archive,shared)
$(BUILD)/bench-raw: $(call bench_objects,raw_router args pace timing) $(call archive,shared)
$(BUILD)/bench-store: $(call bench_objects,raw_store args timing) $(call archive,shared)
$(BENCH_PROGRAMS):
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(call pkgs,sqlite3 $(LIB_proto) $(LIB_shared)) -pthread
$(BUILD)/bench-pidfd.so: tests/bench/pidfd_shim.c
	$(call say,LD,$@)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) -O2 -fPIC -shared -o $@ $<
bench-tui: all $(BUILD)/echo-loop ## measure the full-screen client beside a raw ncurses program and cat
	@$(PYTHON) tests/bench/tui.py --build $(BUILD) --json $(BUILD)/bench-tui.json
$(BUILD)/echo-loop: tests/bench/echo_loop.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(call pkgs,ncursesw)
soak: deps-test ## the long forms of the faults, of the fuzzers (an hour in all) and of the screen's random test
	@$(MAKE) --no-print-directory $(JOBS) all unit fuzzers
	@STOA_FRAMES=50000 $(BUILD)/unit/tui/screen_cells_test
	@STOA_SOAK=1 $(PYTHON) tests/run.py --build $(BUILD) --fuzz $(FUZZ) --fuzz-total 3600 faults fuzz

# --- lint and format ---------------------------------------------------------------------------------------------
C_FILES = $(shell git ls-files '*.c' '*.h')
lint: deps-lint ## formatting, include directions, clang-tidy, cppcheck, generated files up to date
	@$(MAKE) --no-print-directory $(JOBS) all
	@tests/lint.sh $(BUILD)
format: deps-lint ## format all C files
	clang-format -i $(C_FILES)

docs: all ## write the generated parts of man pages and the example configuration
	($(BUILD)/stoad --print-example && $(BUILD)/stoa config example) > config.example.yaml
	$(PYTHON) man/generate.py $(BUILD)

screenshots: all ## make the README's pictures anew, in man/
	$(call need,$(APT_SHOTS) tmux)
	@$(PYTHON) tests/support/make-screenshots $(BUILD) man
golden: all ## write tests/golden anew, after the looks of the client have changed
	@STOA_GOLDEN=write $(PYTHON) tests/run.py --build $(BUILD) --only golden e2e

# --- install -----------------------------------------------------------------------------------------------------
MANS1 := $(wildcard man/*.1)
MANS5 := $(wildcard man/*.5)
MANS7 := $(wildcard man/*.7)
MANS8 := $(wildcard man/*.8)
D = $(DESTDIR)$(PREFIX)
install: all ## install programs, man pages, systemd units and the example configuration (PREFIX, DESTDIR)
	install -d $(D)/bin $(D)/libexec/stoa $(D)/share/doc/stoa $(D)/lib/systemd/user $(D)/lib/systemd/system
	install -d $(addprefix $(D)/share/man/man,1 5 7 8)
	install -m 755 $(BUILD)/stoa $(BUILD)/stoad $(D)/bin
	install -m 755 $(BUILD)/stoa-agent $(D)/libexec/stoa
	install -m 644 $(MANS1) $(D)/share/man/man1
	install -m 644 $(MANS5) $(D)/share/man/man5
	install -m 644 $(MANS7) $(D)/share/man/man7
	install -m 644 $(MANS8) $(D)/share/man/man8
	install -m 644 config.example.yaml README.md SECURITY.md LICENSE CHANGELOG.md $(D)/share/doc/stoa
	sed 's|@PREFIX@|$(PREFIX)|g' daemon/stoad.service > $(D)/lib/systemd/user/stoad.service
	sed 's|@PREFIX@|$(PREFIX)|g' daemon/stoad@.service > $(D)/lib/systemd/system/stoad@.service
uninstall: ## remove what install put there
	rm -f $(addprefix $(D)/bin/,stoa stoad) $(D)/libexec/stoa/stoa-agent
	rm -f $(foreach m,$(MANS1) $(MANS5) $(MANS7) $(MANS8),$(D)/share/man/man$(subst .,,$(suffix $(m)))/$(notdir $(m)))
	rm -f $(D)/lib/systemd/user/stoad.service $(D)/lib/systemd/system/stoad@.service
	rm -rf $(D)/share/doc/stoa $(D)/libexec/stoa

clean: ## remove all build folders
	rm -rf build build-*
help: ## this list
	@grep -hE '^[a-z0-9]+:.*##' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:.*## /\t/' | expand -t 14
