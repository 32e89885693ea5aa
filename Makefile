# Segur-enrol. `make help` lists the targets. V=1 shows the commands.
#
# All that is built lies below $(BUILD)/$(VARIANT), the generated C too: variants can be built at once, and from sources
# that cannot be written (make BUILD=/tmp/segur). `make docs` and `make format` alone change files that git keeps.

BUILD    := build
VARIANT  ?= release
B        := $(BUILD)/$(VARIANT)
GEN      := $(B)/gen
PYTHON   ?= /usr/bin/python3
PREFIX   ?= /usr
DESTDIR  ?=
Q        := $(if $(V),,@)
MAKEFLAGS += --no-builtin-rules
# As many jobs as there are processors, unless the caller says otherwise (make -j1).
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
# Make sets CC itself, to cc: ?= would leave that.
ifeq ($(origin CC),default)
CC       := gcc
endif

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wformat=2 -Wvla -Wstrict-prototypes \
            -Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wundef \
            -Wdeclaration-after-statement -Werror
LDHARDEN := -pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed
ifeq ($(VARIANT),asan)
CFLAGS   ?= -O1 -g -fno-omit-frame-pointer
# Strict seccomp and sanitizers do not mix: this variant runs without the system-call filter and says so.
HARDEN   := -fPIE -fsanitize=address,undefined -fno-sanitize-recover=undefined -DSEGUR_SANITIZED=1
else
CFLAGS   ?= -O2 -g
HARDEN   := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE
endif

# CPPFLAGS, CFLAGS and LDFLAGS are the caller's: they come last, and so have the last word.
ALL_CPPFLAGS := -std=gnu17 -D_GNU_SOURCE -Isrc -I$(GEN) $(CPPFLAGS)
ALL_CFLAGS   := $(WARNINGS) $(HARDEN) $(CFLAGS)
ALL_LDFLAGS  := $(HARDEN) $(CFLAGS) $(LDHARDEN) $(LDFLAGS)

# Who may link what: the parser has no SQLite; the parent reads no archive, no YAML, no piece.
LIBS_COMMON := -lcrypto -lutf8proc -lidn2
LIBS_PARENT := -lsqlite3 -lcsv -lyaml -linih
LIBS_PARSER := -larchive -lyaml -lz -llzma -lzstd -lmagic -lqpdf -lpng16 -ljpeg -lseccomp

# A room is a folder of src. Both programs have the common rooms; segur-parser its own besides, segur all others.
COMMON_ROOMS := lib model
PARSER_ROOMS := parser
room_sources  = $(wildcard $(patsubst %,src/%/*.c,$(1)))
SRC_COMMON   := $(call room_sources,$(COMMON_ROOMS))
SRC_PARSER   := $(call room_sources,$(PARSER_ROOMS))
SRC_PARENT   := $(filter-out $(SRC_COMMON) $(SRC_PARSER),$(wildcard src/*/*.c))
SRC_TESTS    := $(wildcard tests/unit/test_*.c)

GENERATED_COMMON := $(GEN)/anomalies_gen.c $(GEN)/champs_gen.c $(GEN)/formes_gen.c
GENERATED_PARENT := $(GEN)/sql_gen.c $(GEN)/files_gen.c
GENERATED_C := $(GENERATED_COMMON) $(GENERATED_PARENT)
GENERATED_H := $(GENERATED_C:.c=.h) $(GEN)/sql_names_gen.h

OBJ_COMMON := $(SRC_COMMON:%.c=$(B)/%.o) $(GENERATED_COMMON:.c=.o)
OBJ_PARSER := $(SRC_PARSER:%.c=$(B)/%.o)
OBJ_PARENT := $(SRC_PARENT:%.c=$(B)/%.o) $(GENERATED_PARENT:.c=.o)
TESTS      := $(SRC_TESTS:%.c=$(B)/%)
BENCH_STEPS := $(addprefix $(B)/tests/bench/,register_step fresh_parser)
ATTACKER   := $(B)/tests/e2e/attacker
OBJ_ATTACKER := $(ATTACKER).o $(addprefix $(ATTACKER)_,acts.o extract.o findings.o)
JUDGE      := $(B)/tests/e2e/judge

.DELETE_ON_ERROR:
.PHONY: all
all: $(B)/segur $(B)/segur-parser

$(B)/segur: $(OBJ_PARENT) $(OBJ_COMMON)
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_PARENT) $(LIBS_COMMON)

$(B)/segur-parser: $(OBJ_PARSER) $(OBJ_COMMON)
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_PARSER) $(LIBS_COMMON)

# Unit tests, one small program a module, and the register step by itself for the benchmark: each links what it uses of
# everything but the two main files.
$(B)/libsegur-test.a: $(filter-out %/main.o %/parser_main.o,$(OBJ_PARENT) $(OBJ_PARSER) $(OBJ_COMMON))
	@echo "  AR    $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(TESTS) $(BENCH_STEPS) $(JUDGE): %: %.o $(B)/libsegur-test.a
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcmocka $(LIBS_PARENT) $(LIBS_PARSER) $(LIBS_COMMON)

# A parser that was taken over, for tests/e2e/test_attacks.py: the program itself, with functions of its own before two.
$(ATTACKER): $(OBJ_ATTACKER) $(OBJ_PARSER) $(OBJ_COMMON)
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -Wl,--wrap=check_archive,--wrap=extract_pieces -o $@ $^ $(LIBS_PARSER) $(LIBS_COMMON)

define compile
	@echo "  CC    $<"
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
endef
$(B)/%.o: %.c $(B)/flags | $(GENERATED_H)
	$(compile)
$(GEN)/%.o: $(GEN)/%.c $(B)/flags | $(GENERATED_H)
	$(compile)

# Which object needs which header: as the compiler found it.
-include $(patsubst %.o,%.d,$(OBJ_PARENT) $(OBJ_PARSER) $(OBJ_COMMON)) $(TESTS:=.d) $(BENCH_STEPS:=.d) $(JUDGE).d $(OBJ_ATTACKER:.o=.d)

# The compiler and flags of the last build. Others than today's make the file phony: everything is built again.
FLAGS := $(strip $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(LIBS_PARENT) $(LIBS_PARSER) $(LIBS_COMMON))
ifneq ($(file <$(B)/flags),$(FLAGS))
.PHONY: $(B)/flags
endif
$(B)/flags: export FLAGS := $(FLAGS)
$(B)/flags:
	@mkdir -p $(@D)
	@printf '%s\n' "$$FLAGS" >$@

# Documents that are generated and kept by git. They are made below $(GEN), under the names that they have here.
DOCS := docs/anomalies.md docs/conformite.md schemas/dossier.schema.json
.PHONY: docs docs-check
docs: $(DOCS:%=$(GEN)/%)
	$(Q)for name in $(DOCS); do cmp -s $(GEN)/$$name $$name || { echo "  DOCS  $$name"; cp $(GEN)/$$name $$name; }; done
docs-check: $(DOCS:%=$(GEN)/%)
	$(Q)stale=0; for name in $(DOCS); do cmp -s $(GEN)/$$name $$name || \
	    { stale=1; echo "$$name is stale: run \`make docs\`, then commit it" >&2; }; done; exit $$stale

# One run writes them all. The tools leave alone what stays the same: touch tells make that it is up to date.
# TURNED=turned: statements whose columns and parameters are the other way round, for tests/e2e/test_turned.py.
SCHEMAS := cron/segur.cron $(wildcard $(addprefix schemas/,*.yaml tables/*.json sql/*.sql sql/migrations/*.sql))
GENERATED := $(GENERATED_C) $(GENERATED_H) $(GEN)/schemas/dossier.schema.json
$(GENERATED) &: tools/generate.py tools/dossier_schema.py tools/statements.py $(SCHEMAS)
	@echo "  GEN   $(GEN)"
	$(Q)$(PYTHON) tools/generate.py schemas $(GEN) $(TURNED)
	@touch $(GENERATED)

# The catalogue, each code with an example that the program has just answered.
$(GEN)/docs/anomalies.md: $(B)/segur $(B)/segur-parser schemas/anomalies.yaml $(wildcard tests/e2e/anomalies_doc.py \
    tests/e2e/examples_table.py tests/e2e/rules_table.py tests/e2e/harness.py tests/tools/factory*.py)
	@echo "  GEN   $@"
	@mkdir -p $(@D)
	$(Q)SEGUR=$(abspath $(B)/segur) $(PYTHON) tests/e2e/anomalies_doc.py $@

# What the guide asks, where it is done, which tests show it.
$(GEN)/docs/conformite.md: tools/conformity.py tools/evidence.py tools/c_scan.py $(SCHEMAS) \
    $(SRC_COMMON) $(SRC_PARSER) $(SRC_PARENT) $(SRC_TESTS) \
    $(wildcard tests/e2e/*.py tests/e2e/scenarios/*.yaml tests/samples/ko/*/*.yaml)
	@echo "  GEN   $@"
	@mkdir -p $(@D)
	$(Q)$(PYTHON) tools/conformity.py schemas src tests $@
	@touch $@

.PHONY: help
help:
	@echo 'make            builds segur and segur-parser into build/release (VARIANT=asan: build/asan)'
	@echo 'make run        installs what is missing, builds, plays four nights on examples/'
	@echo 'make courriels  the mails of examples/, whole, in $(BUILD)/courriels.txt'
	@echo 'make test       unit and end-to-end tests, and the sample of make crash'
	@echo 'make test-asan  the same with ASan + UBSan'
	@echo 'make crash      a night disturbed at several hundred calls, the plug pulled at hundreds of points'
	@echo 'make soak       the same at every call and every point (an hour), and with ASan'
	@echo 'make lint       warnings, -fanalyzer, cppcheck, clang-tidy, clang-format'
	@echo 'make mutation   breaks each rule in turn; do the tests notice? (about an hour)'
	@echo 'make bench      the night against a floor in C, Python and its goals (5 minutes)'
	@echo 'make bench-full the same with every set, into build/bench-table.md (a quarter of an hour)'
	@echo 'make bench-against BASE=…/segur   against the program of another tree'
	@echo 'make bench-parser  what a fresh parser costs'
	@echo 'make deps       names and installs the missing packages (tests with npm: deps-e2e; all tasks: deps-all)'
	@echo 'make format     reformats the C sources'
	@echo 'make docs       renews $(DOCS)'
	@echo 'make docs-check says which of them are stale (part of lint)'
	@echo 'make install    into $$(DESTDIR)$$(PREFIX)'
	@echo 'make clean      removes build/'
	@echo
	@echo 'With each: BUILD=/tmp/segur (not build), VARIANT=asan, CC=, CFLAGS=, CPPFLAGS=, LDFLAGS=, V=1 (shows commands).'

.PHONY: deps deps-test deps-e2e deps-lint deps-bench deps-all
deps:
	@sh tools/deps.sh build
deps-test:
	@sh tools/deps.sh build test
deps-lint:
	@sh tools/deps.sh build lint
deps-bench:
	@sh tools/deps.sh bench
deps-e2e: deps-test
	@sh tools/deps.sh e2e
	$(Q)$(MAKE) --no-print-directory node
deps-all:
	@sh tools/deps.sh build test e2e lint bench

# The program under test.
UNDER_TEST := SEGUR=$(abspath $(B)/segur)

# The dependencies may have just been installed: what is built comes in a make of its own.
.PHONY: run test test-asan bench bench-full bench-against bench-parser
run: deps
	$(Q)$(MAKE) --no-print-directory all
	$(Q)sh tools/play.sh $(B)/segur

# The mails of the example nights in one file, to be read aloud.
.PHONY: courriels
courriels: all
	$(Q)$(PYTHON) tools/mails.py $(B)/segur examples $(BUILD)/courriels.txt

# One suite after the other: those behind the unit tests use all processors by themselves.
test: deps-test
	$(Q)$(MAKE) --no-print-directory all unit
	$(Q)$(MAKE) --no-print-directory e2e
	$(Q)$(MAKE) --no-print-directory crash
	@echo 'make test: all passed'

# The same with ASan and UBSan, as far as they can tell something: .ci/run calls both.
test-asan: deps-test
	$(Q)$(MAKE) --no-print-directory VARIANT=asan all unit
	$(Q)$(MAKE) --no-print-directory VARIANT=asan e2e-asan
	$(Q)$(MAKE) --no-print-directory VARIANT=asan crash-asan
	@echo 'make test-asan: all passed'

# tests/bench/README.md. Nothing fails by its figures.
bench: deps-bench
	$(Q)$(MAKE) --no-print-directory all $(BENCH_STEPS)
	$(Q)$(UNDER_TEST) $(PYTHON) tests/bench/bench.py
bench-against: deps-bench
	$(Q)$(MAKE) --no-print-directory all $(BENCH_STEPS)
	$(Q)$(UNDER_TEST) $(PYTHON) tests/bench/against.py $(BASE)
# From the request for a parser to its word: the program and its copy of segur-parser lie in one folder.
bench-parser:
	$(Q)$(MAKE) --no-print-directory all $(BENCH_STEPS)
	$(Q)mkdir -p $(B)/bench-parser && cp $(B)/segur-parser $(B)/tests/bench/fresh_parser $(B)/bench-parser
	$(Q)$(B)/bench-parser/fresh_parser 1000 50
bench-full: deps-bench
	$(Q)$(MAKE) --no-print-directory all $(BENCH_STEPS)
	$(Q)$(UNDER_TEST) $(PYTHON) tests/bench/bench.py --full

# Each test program runs again only when it, or what it links, has changed.
.PHONY: unit
unit: $(TESTS:=.passed) $(BENCH_STEPS) $(ATTACKER) $(JUDGE)
	@echo "unit tests ($(VARIANT)), $(words $(TESTS)) programs:"
	@sed -n 's/.*\[  PASSED  \] \([0-9]*\) test.*/\1/p' $(TESTS:=.passed.log) | awk '{n += $$1} END {print n " passed, 0 failed"}'
$(TESTS:=.passed): %.passed: %
	@echo "  TEST  $(<F)"
	$(Q)LC_ALL=C $< >$@.log 2>&1 || { cat $@.log; exit 1; }
	$(Q)touch $@

# What judges from outside, tests/e2e/node: without npm its tests are skipped, and fail where $CI is set.
NODE := $(BUILD)/node/node_modules/ajv
.PHONY: node
node: $(if $(shell command -v npm),$(NODE))
$(NODE): tests/e2e/node/package.json
	@echo "  NPM   $(BUILD)/node"
	@mkdir -p $(BUILD)/node && cp $< $(BUILD)/node
	$(Q)cd $(BUILD)/node && npm install --no-audit --no-fund --silent && touch node_modules/ajv || \
	    echo '  NPM   ajv cannot be fetched: its tests are skipped'

.PHONY: mutation
mutation: deps-test
	$(Q)$(PYTHON) tests/mutation/mutation.py --nice

.PHONY: e2e e2e-asan
e2e: all $(ATTACKER) $(JUDGE) node
	@echo "  TEST  tests/tools"
	$(Q)$(PYTHON) -W error -m unittest discover -q -s tests/tools -p 'test_*.py'
	@echo "  TEST  tests/e2e ($(VARIANT))"
	$(Q)$(UNDER_TEST) $(PYTHON) tests/e2e/run.py
# With sanitizers: the same nights and rules; what proves the real sandbox runs in the release variant. The other half
# of the scenarios is soak's.
E2E_ASAN := $(patsubst %,test_%,scenarios:1/2 replay correction journal life deadlines rules signals references examples)
e2e-asan: all
	@echo "  TEST  tests/e2e ($(VARIANT))"
	$(Q)$(UNDER_TEST) $(PYTHON) tests/e2e/run.py $(E2E_ASAN)

# tests/crash/README.md. SEGUR_CRASH=full: every call and every state, at least 10 000 faults.
CRASH := $(UNDER_TEST) $(PYTHON) tests/crash
.PHONY: crash crash-asan crash-mutations soak
crash: all
	@echo "  TEST  tests/crash ($(VARIANT))"
	$(Q)$(CRASH)/crash.py $(if $(filter full,$(SEGUR_CRASH)),--full)
	$(Q)$(CRASH)/power.py $(if $(filter full,$(SEGUR_CRASH)),--full)
	$(Q)$(CRASH)/commands.py $(if $(filter full,$(SEGUR_CRASH)),--full)
# Failing calls alone: a killed program frees nothing.
crash-asan: all
	@echo "  TEST  tests/crash ($(VARIANT))"
	$(Q)$(CRASH)/crash.py $(if $(filter full,$(SEGUR_CRASH)),--full,--sample 100)
crash-mutations: all
	$(Q)$(PYTHON) tests/crash/mutations.py
soak: deps-test
	$(Q)$(MAKE) --no-print-directory SEGUR_CRASH=full crash
	$(Q)$(MAKE) --no-print-directory VARIANT=asan E2E_ASAN='test_scenarios:1/2 test_scenarios:2/2' e2e-asan
	$(Q)$(MAKE) --no-print-directory SEGUR_CRASH=full VARIANT=asan crash-asan
	$(Q)$(MAKE) --no-print-directory crash-mutations

LINT_C := $(SRC_PARENT) $(SRC_PARSER) $(SRC_COMMON)
FORMAT := $(wildcard src/*/*.[ch] tests/unit/*.[ch] tests/bench/*.[ch] tests/e2e/*.[ch])
.PHONY: lint format
lint: deps-lint
	$(Q)$(MAKE) --no-print-directory all docs-check
	@echo '  LINT  clang-format'
	$(Q)clang-format --dry-run --Werror $(FORMAT)
	@echo '  LINT  cppcheck'
	$(Q)cppcheck --quiet --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
	    --suppress=missingIncludeSystem --std=c11 -Isrc -I$(GEN) $(LINT_C)
	@echo '  LINT  clang-tidy'
	$(Q)printf '%s\n' $(LINT_C) | xargs -P 2 -n 6 sh -c 'clang-tidy --quiet --warnings-as-errors="*" "$$@" -- $(ALL_CPPFLAGS) 2>/dev/null || { clang-tidy --quiet "$$@" -- $(ALL_CPPFLAGS); exit 255; }' tidy
	@echo '  LINT  gcc -fanalyzer'
	$(Q)printf '%s\n' $(LINT_C) | xargs -P 2 -n 1 $(CC) $(ALL_CPPFLAGS) -O1 $(WARNINGS) -fanalyzer -c -o /dev/null
	@echo 'make lint: clean'
format:
	clang-format -i $(FORMAT)

.PHONY: install
install: all
	install -D -m 0755 $(B)/segur $(DESTDIR)$(PREFIX)/bin/segur
	install -D -m 0755 $(B)/segur-parser $(DESTDIR)$(PREFIX)/libexec/segur-enrol/segur-parser

.PHONY: clean
clean:
	rm -rf $(if $(filter build,$(BUILD)),build,$(B))
