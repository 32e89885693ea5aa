# Segur-enrol. `make help` lists the targets. V=1 shows the commands.

VARIANT  ?= release
B        := build/$(VARIANT)
CC       ?= gcc
PYTHON   ?= /usr/bin/python3
PREFIX   ?= /usr
DESTDIR  ?=
Q        := $(if $(V),,@)
MAKEFLAGS += --no-builtin-rules

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wformat=2 -Wvla -Wstrict-prototypes \
            -Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wundef -Werror
HARDEN   := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE
CPPFLAGS += -std=gnu17 -D_GNU_SOURCE -Isrc -Ibuild/gen
CFLAGS   ?= -O2 -g
LDHARDEN := -pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed

ifeq ($(VARIANT),asan)
CFLAGS   := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
HARDEN   := -fPIE
# Strict seccomp and sanitizers do not mix: this variant runs without the system-call filter and says so.
CPPFLAGS += -DSEGUR_SANITIZED=1
endif

ALL_CFLAGS := $(CFLAGS) $(HARDEN) $(WARNINGS)

# Who may link what: the parser has no SQLite; the parent reads no archive, no YAML, no piece.
LIBS_COMMON := -lcrypto -lutf8proc -lidn2
LIBS_PARENT := -lsqlite3 -lcsv -lyaml -linih
LIBS_PARSER := -larchive -lyaml -lz -llzma -lzstd -lmagic -lqpdf -lpng16 -ljpeg -lseccomp

SRC_COMMON := $(wildcard src/lib/*.c) src/dossier.c src/anomalie.c src/message.c src/formats.c src/numero.c
SRC_PARSER := $(wildcard src/parser/*.c)
SRC_PARENT := $(filter-out $(SRC_COMMON),$(wildcard src/*.c))
GEN_C      := build/gen/anomalies_gen.c build/gen/champs_gen.c build/gen/sql_gen.c build/gen/files_gen.c
GEN_H      := build/gen/anomalies_gen.h build/gen/champs_gen.h build/gen/sql_gen.h build/gen/files_gen.h

obj = $(patsubst %.c,$(B)/%.o,$(1))
OBJ_COMMON := $(call obj,$(SRC_COMMON)) $(B)/build/gen/anomalies_gen.o $(B)/build/gen/champs_gen.o
OBJ_PARSER := $(call obj,$(SRC_PARSER))
OBJ_PARENT := $(call obj,$(SRC_PARENT)) $(B)/build/gen/sql_gen.o $(B)/build/gen/files_gen.o

TESTS := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/test_*.c))

.PHONY: all
all: $(B)/segur $(B)/segur-parser build/gen/.conformite

$(B)/segur: $(OBJ_PARENT) $(OBJ_COMMON)
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(LDHARDEN) $(LDFLAGS) -o $@ $^ $(LIBS_PARENT) $(LIBS_COMMON)

$(B)/segur-parser: $(OBJ_PARSER) $(OBJ_COMMON)
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(LDHARDEN) $(LDFLAGS) -o $@ $^ $(LIBS_PARSER) $(LIBS_COMMON)

$(B)/%.o: %.c | $(GEN_H)
	@echo "  CC    $<"
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# One run of the generator writes all of them; the stamp keeps make from running it eight times.
SCHEMAS := cron/segur.cron $(wildcard schemas/*.yaml schemas/tables/*.json schemas/sql/*.sql schemas/sql/migrations/*.sql)
$(GEN_C) $(GEN_H): build/gen/.stamp ;
build/gen/.stamp: tools/generate.py $(SCHEMAS)
	@echo "  GEN   build/gen"
	@mkdir -p build/gen
	$(Q)$(PYTHON) tools/generate.py schemas build/gen docs
	@touch $@

# What the guide asks, where it is done, which tests show it; written anew only when that changes.
CONFORMITE := tools/conformite.py tools/evidence.py tools/c_scan.py $(SCHEMAS) \
              $(wildcard src/*.c src/*/*.c tests/unit/test_*.c tests/e2e/*.py \
              tests/e2e/scenarios/*.yaml tests/samples/ko/*/*.yaml)
build/gen/.conformite: $(CONFORMITE) build/gen/.stamp
	@echo "  GEN   docs/conformite.md"
	$(Q)$(PYTHON) tools/conformite.py schemas src tests docs/conformite.md
	@touch $@

# Unit tests: one small program per module, linked with everything but the two main files.
OBJ_TESTED := $(filter-out $(B)/src/main.o $(B)/src/parser/parser_main.o,$(OBJ_PARENT) $(OBJ_PARSER) $(OBJ_COMMON))
$(B)/tests/unit/%: tests/unit/%.c $(OBJ_TESTED)
	@echo "  LD    $@"
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP $(LDFLAGS) -pie -o $@ $< $(OBJ_TESTED) \
	    -lcmocka $(LIBS_PARENT) $(LIBS_PARSER) $(LIBS_COMMON)

# The register step by itself, for the benchmark: the night's own objects.
$(B)/tests/bench/%: tests/bench/%.c $(OBJ_TESTED)
	@echo "  LD    $@"
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP $(LDFLAGS) -pie -o $@ $< $(OBJ_TESTED) \
	    $(LIBS_PARENT) $(LIBS_PARSER) $(LIBS_COMMON)

-include $(patsubst %.o,%.d,$(OBJ_PARENT) $(OBJ_PARSER) $(OBJ_COMMON)) $(TESTS:=.d) $(B)/tests/bench/register_step.d

.PHONY: help
help:
	@echo 'make            builds segur and segur-parser into build/release'
	@echo 'make run        installs what is missing, builds, plays four nights on examples/'
	@echo 'make test       unit and end-to-end tests, plain and with ASan + UBSan'
	@echo 'make crash      a night disturbed at several hundred calls, the plug pulled at hundreds of points'
	@echo 'make soak       the same at every call and every point (an hour), and with ASan'
	@echo 'make lint       warnings, -fanalyzer, cppcheck, clang-tidy, clang-format'
	@echo 'make mutation   breaks each rule in turn; do the tests notice? (about an hour)'
	@echo 'make bench      the night against a floor in C, Python and its goals (5 minutes)'
	@echo 'make bench-full the same with every set, into build/bench-table.md (a quarter of an hour)'
	@echo 'make deps       names and installs the missing packages (all tasks: deps-all)'
	@echo 'make format     reformats the C sources'
	@echo 'make install    into $$(DESTDIR)$$(PREFIX)'
	@echo 'make clean      removes build/'

.PHONY: deps deps-test deps-lint deps-bench deps-all
deps:
	@sh tools/deps.sh build
deps-test:
	@sh tools/deps.sh build test
deps-lint:
	@sh tools/deps.sh build lint
deps-bench:
	@sh tools/deps.sh bench
deps-all:
	@sh tools/deps.sh build test lint bench

# The dependencies may have just been installed: what is built comes in a make of its own.
.PHONY: run test bench bench-full
run: deps
	$(Q)$(MAKE) --no-print-directory all
	$(Q)sh tools/play.sh $(B)/segur

test: deps-test
	$(Q)$(MAKE) --no-print-directory all unit e2e crash
	$(Q)$(MAKE) --no-print-directory VARIANT=asan all unit e2e-asan crash-asan
	@echo 'make test: all passed'

# tests/bench/README.md. Nothing fails by its figures.
BENCH_STEP := $(B)/tests/bench/register_step
bench: deps-bench
	$(Q)$(MAKE) --no-print-directory all $(BENCH_STEP)
	$(Q)$(PYTHON) tests/bench/bench.py
bench-full: deps-bench
	$(Q)$(MAKE) --no-print-directory all $(BENCH_STEP)
	$(Q)$(PYTHON) tests/bench/bench.py --full

# Each test program runs again only when it, or what it links, has changed.
.PHONY: unit
.SECONDARY: $(TESTS)
unit: $(TESTS:=.passed)
	@echo "unit tests ($(VARIANT)), $(words $(TESTS)) programs:"
	@sed -n 's/.*\[  PASSED  \] \([0-9]*\) test.*/\1/p' $(TESTS:=.passed.log) | awk '{n += $$1} END {print n " passed, 0 failed"}'
$(B)/tests/unit/%.passed: $(B)/tests/unit/%
	@echo "  TEST  $*"
	$(Q)LC_ALL=C $< >$@.log 2>&1 || { cat $@.log; exit 1; }
	$(Q)touch $@

.PHONY: mutation
mutation: deps-test
	$(Q)$(PYTHON) tests/mutation/mutation.py --nice

.PHONY: e2e e2e-asan
e2e: all
	@echo "  TEST  tests/tools"
	$(Q)$(PYTHON) -W error -m unittest discover -q -s tests/tools -p 'test_*.py'
	@echo "  TEST  tests/e2e ($(VARIANT))"
	$(Q)SEGUR=$(CURDIR)/$(B)/segur $(PYTHON) tests/e2e/run.py
E2E_ASAN := $(patsubst %,test_%,scenarios:1/2 scenarios:2/2 corriger examples rules life references journal delais signaux replay)
# With sanitizers: the same nights and rules; what proves the real sandbox runs in the release variant.
e2e-asan: all
	@echo "  TEST  tests/e2e ($(VARIANT))"
	$(Q)SEGUR=$(CURDIR)/$(B)/segur $(PYTHON) tests/e2e/run.py $(E2E_ASAN)

# tests/crash/README.md. SEGUR_CRASH=full: every call and every state, at least 10 000 faults.
CRASH := SEGUR=$(CURDIR)/$(B)/segur $(PYTHON) tests/crash
.PHONY: crash crash-asan crash-mutations soak
crash: all
	@echo "  TEST  tests/crash ($(VARIANT))"
	$(Q)$(CRASH)/crash.py $(if $(filter full,$(SEGUR_CRASH)),--full)
	$(Q)$(CRASH)/power.py $(if $(filter full,$(SEGUR_CRASH)),--full)
# Failing calls alone: a killed program frees nothing.
crash-asan: all
	@echo "  TEST  tests/crash ($(VARIANT))"
	$(Q)$(CRASH)/crash.py $(if $(filter full,$(SEGUR_CRASH)),--full,--sample 100)
crash-mutations: all
	$(Q)$(PYTHON) tests/crash/mutations.py
soak: deps-test
	$(Q)$(MAKE) --no-print-directory SEGUR_CRASH=full crash
	$(Q)$(MAKE) --no-print-directory SEGUR_CRASH=full VARIANT=asan crash-asan
	$(Q)$(MAKE) --no-print-directory crash-mutations

LINT_C := $(SRC_PARENT) $(SRC_PARSER) $(SRC_COMMON)
FORMAT := $(wildcard src/*.[ch] src/*/*.[ch] tests/unit/*.c tests/bench/*.[ch])
.PHONY: lint format
lint: deps-lint
	$(Q)$(MAKE) --no-print-directory all
	@echo '  LINT  clang-format'
	$(Q)clang-format --dry-run --Werror $(FORMAT)
	@echo '  LINT  cppcheck'
	$(Q)cppcheck --quiet --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
	    --suppress=missingIncludeSystem --std=c11 -Isrc -Ibuild/gen $(LINT_C)
	@echo '  LINT  clang-tidy'
	$(Q)printf '%s\n' $(LINT_C) | xargs -P 2 -n 6 sh -c 'clang-tidy --quiet --warnings-as-errors="*" "$$@" -- $(CPPFLAGS) 2>/dev/null || { clang-tidy --quiet "$$@" -- $(CPPFLAGS); exit 255; }' tidy
	@echo '  LINT  gcc -fanalyzer'
	$(Q)printf '%s\n' $(LINT_C) | xargs -P 2 -n 1 $(CC) $(CPPFLAGS) -O1 $(WARNINGS) -fanalyzer -c -o /dev/null
	@echo 'make lint: clean'
format:
	clang-format -i $(FORMAT)

.PHONY: install
install: all
	install -D -m 0755 $(B)/segur $(DESTDIR)$(PREFIX)/bin/segur
	install -D -m 0755 $(B)/segur-parser $(DESTDIR)$(PREFIX)/libexec/segur-enrol/segur-parser

.PHONY: clean
clean:
	rm -rf build
