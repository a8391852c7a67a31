# make -f bench/bench.mk bench    The benches want two quiet cores and stand outside `make test`.
.PHONY: bench bench-quick

# Every claim: about four hours, after `make bench-peers`.
bench:
	@failed=0; for one in sets million duplicates frames scale predict_many catsdogs pictures intents imdb texts checks out_of_scope adult tables budget start replay; do echo "== $$one"; .venv/bin/python bench/$$one.py || failed=1; done; exit $$failed

# One trial each, to see that they work; the rows go to the same CSVs.
bench-quick:
	-.venv/bin/python bench/catsdogs.py --trials 1
	-.venv/bin/python bench/imdb.py --trials 1
	-.venv/bin/python bench/adult.py --seeds 1
	-.venv/bin/python bench/start.py --trials 1
	-.venv/bin/python bench/replay.py --data adult
