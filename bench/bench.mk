# Included by the Makefile in the project's folder. Benches want two quiet cores and stand outside `make test`.
.PHONY: bench bench-peers bench-quick

bench-peers: ## an environment for each tool that we measure beside us (8 GB on disk)
	sh bench/peers/install.sh

bench: ## every claim of the README, about 40 minutes
	@failed=0; for one in catsdogs imdb adult start replay; do echo "== $$one"; .venv/bin/python bench/$$one.py || failed=1; done; exit $$failed

bench-quick: ## the same with one trial each, to see that it works
	.venv/bin/python bench/catsdogs.py --trials 1
	.venv/bin/python bench/imdb.py --trials 1
	.venv/bin/python bench/adult.py --seeds 1
	.venv/bin/python bench/start.py --trials 1
	.venv/bin/python bench/replay.py --data adult
