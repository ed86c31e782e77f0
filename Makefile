# stoa: one plain Makefile, out-of-tree in build/ (build-SAN/ for sanitizer builds), header dependencies by the compiler.
# `make help` lists the targets.

VERSION := 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
CC ?= cc
PYTHON ?= $(shell [ -x /usr/bin/python3 ] && echo /usr/bin/python3 || command -v python3)
PKG_CONFIG ?= pkg-config

empty :=
comma := ,
BUILD := build$(if $(SAN),-$(subst $(comma),-,$(SAN)))

# --- flags -------------------------------------------------------------------------------------------------------
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wconversion -Wno-sign-conversion \
        -Wpointer-arith -Wwrite-strings -Wundef -Wno-format-truncation $(if $(CI)$(WERROR),-Werror)
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all)
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 -I. -D_GNU_SOURCE -DSTOA_VERSION='"$(VERSION)"' -DSTOA_PREFIX='"$(PREFIX)"' $(WARN) $(CFLAGS) $(SANFLAGS) \
             -fstack-protector-strong $(if $(SAN),,-D_FORTIFY_SOURCE=2) -fPIE
ALL_LDFLAGS = $(LDFLAGS) $(SANFLAGS) -pie -Wl,--as-needed -Wl,-z,relro,-z,now

LIB_shared := libuv libzmq jansson yaml-0.1 libutf8proc
LIB_proto  := jansson
LIB_daemon := libuv libzmq jansson sqlite3 libsodium
LIB_agent  := libuv jansson libcurl
LIB_tui    := libuv libzmq jansson ncursesw libutf8proc
pkgs = $(shell $(PKG_CONFIG) --libs $(1) 2>/dev/null)

# --- sources -----------------------------------------------------------------------------------------------------
FOLDERS := shared proto daemon daemon/agent tui
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out $(1)/main.c,$(wildcard $(1)/*.c)))
archive = $(BUILD)/lib/$(subst /,-,$(1)).a
ARCHIVES := $(foreach f,$(FOLDERS),$(call archive,$(f)))

PROGRAMS := $(BUILD)/stoad $(BUILD)/stoa-agent $(BUILD)/stoa
UNIT_SOURCES := $(wildcard tests/unit/*/*_test.c tests/unit/*/*/*_test.c)
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_SOURCES))
FUZZ_SOURCES := $(wildcard tests/fuzz/*_fuzz.c)
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(FUZZ_SOURCES))

.PHONY: all
all: $(PROGRAMS) ## build the three programs into build/

define archive_rule
$(call archive,$(1)): $(call objects,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(AR) rcs $$@ $$^
endef
$(foreach f,$(FOLDERS),$(eval $(call archive_rule,$(f))))

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/stoad: $(BUILD)/obj/daemon/main.o $(call archive,daemon) $(call archive,proto) $(call archive,shared)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(call pkgs,$(LIB_daemon) $(LIB_shared)) -pthread

$(BUILD)/stoa-agent: $(BUILD)/obj/daemon/agent/main.o $(call archive,daemon/agent) $(call archive,proto) $(call archive,shared)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(call pkgs,$(LIB_agent) $(LIB_shared)) -pthread

$(BUILD)/stoa: $(BUILD)/obj/tui/main.o $(call archive,tui) $(call archive,proto) $(call archive,shared)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(call pkgs,$(LIB_tui) $(LIB_shared)) -pthread

# A unit test tests/unit/<folder>/<name>_test.c links the archive of its folder and those below it.
UNIT_LIBS = $(call pkgs,cmocka vterm $(LIB_daemon) $(LIB_agent) $(LIB_tui) $(LIB_shared)) -pthread
unit_archives = $(call archive,$(1)) $(call archive,proto) $(call archive,shared)
define unit_rule
$(BUILD)/unit/$(1)/%_test: tests/unit/$(1)/%_test.c $(call unit_archives,$(1))
	@mkdir -p $$(@D)
	$$(CC) $$(ALL_CFLAGS) -MMD -MP -MF $$@.d $$(ALL_LDFLAGS) -o $$@ $$< $(call unit_archives,$(1)) $$(UNIT_LIBS)
endef
$(foreach f,$(FOLDERS),$(eval $(call unit_rule,$(f))))

.PHONY: unit
unit: $(UNIT_TESTS) ## build the unit tests
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
