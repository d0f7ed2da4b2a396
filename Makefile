# The commands of the house; `make help` lists them.
PYTHON ?= python3
BIN := .venv/bin
# Most tests of a real Kafka wait for it, so two at once take little more than half the time.
TESTERS ?= 2
ENGINE ?= podman
TRAIN := .venv-train/bin
SUPPLY := .venv-supply/bin
COMPILE := $(BIN)/uv pip compile --quiet --upgrade --universal --no-header --no-annotate --generate-hashes
# Nothing is installed whose hash is not in the lock file.
define install
	$(1)/python -m pip install --quiet --require-hashes --requirement $(2)
	$(1)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
endef
# Training and benchmarks open networks by other doors than classifiers/session.py.
export ORT_DISABLE_TELEMETRY ?= 1
export GUESTSTAR_DATA ?= $(wildcard $(CURDIR)/../shared/data)

.PHONY: help setup check test test-train foreign demo kafka kafka-secure bench speed chaos train \
	train-realbogus train-lightcurve train-redshift train-phase told-redshift train-embedding train-anomaly \
	train-telescope federated verify-cards wheel image audit lock clean lawful figures simulate fuzz soak \
	test-hats release

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/ready ## install everything that serving and its tests need

.venv/ready: pyproject.toml requirements.lock
	$(PYTHON) -m venv .venv
	$(call install,$(BIN),requirements.lock)
	@touch $@

.venv-train/ready: pyproject.toml requirements-train.lock
	$(PYTHON) -m venv .venv-train
	$(call install,$(TRAIN),requirements-train.lock)
	@touch $@

.venv-hats/ready: setup requirements-hats.lock
	$(PYTHON) -m venv .venv-hats
	$(BIN)/uv pip install --quiet --python .venv-hats/bin/python --requirement requirements-hats.lock
	@touch $@

.venv-supply/ready: setup requirements-supply.lock
	$(PYTHON) -m venv .venv-supply
	$(BIN)/uv pip install --quiet --python .venv-supply/bin/python --requirement requirements-supply.lock
	@touch $@

check: setup ## style, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: setup ## all tests that need no torch (TESTERS=1: one after another)
	$(BIN)/pytest --numprocesses $(TESTERS) --dist loadfile --no-loadscope-reorder --max-worker-restart 0 \
		--durations 12

test-train: .venv-train/ready ## the tests of training
	$(TRAIN)/pytest --override-ini addopts="-q --strict-markers" tests/training

test-hats: .venv-hats/ready ## what LSDB and deltalake read of a lake, in an environment of their own
	$(BIN)/pytest tests/lake/test_foreign_readers.py

verify-cards: setup ## have the headlines of the networks' cards again from the answers that are kept
	$(BIN)/python -m training.verify

foreign: setup ## what clients of others read, after twenty kills (FOREIGN=rewrite: into docs, too)
	$(BIN)/pytest -m foreign tests/foreign

demo: setup ## a night of alerts, classified and filtered, on the screen
	$(BIN)/gueststar demo

kafka: setup ## an Apache Kafka of one node, in the foreground
	$(BIN)/python -m kafka_node

kafka-secure: setup ## the same with TLS, passwords and rights, for `gueststar credentials`
	$(BIN)/python -m kafka_node --secure

bench: setup ## how fast, beside a textbook and the ceiling; which step is over its budget
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.stretch

speed: setup ## measure all that docs/speed.md says, and write it (an hour or two, on a quiet machine)
	$(BIN)/python -m benchmarks.stretch --page
	$(BIN)/python -m benchmarks --page
	$(BIN)/python -m benchmarks.latency --page
	$(BIN)/python -m benchmarks.many_filters --page
	$(BIN)/python -m benchmarks.memory --page

figures: setup ## the built-in filters on every real alert, held to labels
	$(BIN)/python -m benchmarks.recall

train: train-realbogus train-lightcurve train-redshift train-phase told-redshift train-embedding train-anomaly train-telescope ## make all networks, their cards and their pictures again

train-realbogus: .venv-train/ready ## make the real/bogus network again
	$(TRAIN)/python -m training.realbogus all --data $(GUESTSTAR_DATA) \
		--work .cache/realbogus --out classifiers --docs docs/realbogus

train-lightcurve: .venv-train/ready ## make both light-curve networks again
	$(TRAIN)/python -m training.lightcurve all --data $(GUESTSTAR_DATA) \
		--work .cache/lightcurve --out classifiers --docs docs/lightcurve

train-redshift: .venv-train/ready ## make the network of photometric redshifts again
	$(TRAIN)/python -m training.redshift all --data $(GUESTSTAR_DATA) \
		--out classifiers --docs docs/redshift

train-phase: .venv-train/ready ## make the network of phases and peaks again
	$(TRAIN)/python -m training.phase all --data $(GUESTSTAR_DATA) \
		--work .cache/phase --out classifiers --docs docs/phase

told-redshift: .venv-train/ready ## learn again what a redshift says of types, after train-lightcurve
	$(TRAIN)/python -m training.lightcurve.told all --data $(GUESTSTAR_DATA) --out classifiers

train-telescope: .venv-train/ready ## make the real/bogus network of own telescopes again
	OMP_NUM_THREADS=1 $(TRAIN)/python -m training.realbogus.own all --data $(GUESTSTAR_DATA) \
		--work .cache/telescope --out classifiers

federated: .venv-train/ready ## one network of many sites held to others, after train-telescope
	for seed in 0 1 2; do OMP_NUM_THREADS=1 $(TRAIN)/python -m training.federated ask \
		--work .cache/telescope --seed $$seed || exit; done
	$(TRAIN)/python -m training.federated report --work .cache/telescope

train-embedding: .venv-train/ready ## make the embedding again, after the real/bogus network
	$(TRAIN)/python -m training.embedding all --data $(GUESTSTAR_DATA) \
		--work .cache/embedding --out classifiers --docs docs/discovery

train-anomaly: .venv-train/ready ## make what says how odd an alert is again, after train-embedding
	$(TRAIN)/python -m training.anomaly all --data $(GUESTSTAR_DATA) \
		--work .cache/embedding --out classifiers --docs docs/discovery

wheel: .venv-supply/ready ## sdist, wheel and list of parts in dist/, the wheel tried by itself
	rm -rf dist .venv-bare
	$(BIN)/uv build --quiet --no-build-isolation --python $(BIN)/python
	$(PYTHON) -m venv .venv-bare
	$(BIN)/uv pip install --quiet --python .venv-bare/bin/python --constraint requirements.lock dist/*.whl
	cd dist && ../.venv-bare/bin/gueststar demo --seconds 5 && ../.venv-bare/bin/gueststar version
	$(SUPPLY)/cyclonedx-py environment .venv-bare/bin/python --output-file dist/gueststar.cdx.json
	@ls -l dist

image: setup ## the container's image, built and tried at a Kafka (ENGINE=docker, BASE=... for its base)
	BUILDAH_FORMAT=docker $(ENGINE) build --network host --tag gueststar $(BASE:%=--build-arg BASE=%) \
		--file deploy/Containerfile .
	GUESTSTAR_ENGINE="$(ENGINE)" $(BIN)/pytest -m image tests/gueststar/test_image.py

audit: .venv-supply/ready ## known holes and licences of all that is installed
	$(BIN)/python -m supply requirements.lock --environment $(BIN)/python

release: setup ## changelog, golden files, check, wheel, commit and signed tag (VERSION=1.2.3)
	$(BIN)/python -m supply.release $(VERSION)

lock: setup ## pin the newest versions that pyproject.toml allows
	$(COMPILE) --extra test pyproject.toml --output-file requirements.lock
	$(COMPILE) --extra test --extra train pyproject.toml --output-file requirements-train.lock
	$(COMPILE) --group readers --output-file requirements-hats.lock
	$(COMPILE) --group supply --output-file requirements-supply.lock

lawful: setup ## a million lawful Avro packets, held to fastavro
	GUESTSTAR_LAWFUL_CASES=1000000 $(BIN)/pytest tests/schemas/test_lawful.py

simulate: setup ## whole nights in memory with faults of every kind (NIGHTS=10000, SEED=1)
	$(BIN)/python -m tests.simulation --nights $(or $(NIGHTS),10000) --seed $(or $(SEED),1)

fuzz: setup ## hostile input of every kind: ten million packets and more (SHARE=0.01: of that)
	$(BIN)/python -m tests.fuzzing --share $(or $(SHARE),1)

chaos: setup ## whole nights at a real Kafka: 1,000 kills, networks that fail (NIGHTS="lake notices", SEED=1)
	$(BIN)/python -m tests.chaos $(NIGHTS) $(if $(SEED),--seed $(SEED))

soak: setup ## a long night at a steady rate: memory, handles and threads (MINUTES=60, RATE=300)
	$(BIN)/python -m benchmarks.soak --minutes $(or $(MINUTES),60) --rate $(or $(RATE),300)

clean: ## remove what the commands made
	rm -rf .venv .venv-train .venv-hats .venv-supply .venv-bare dist .kafka .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
