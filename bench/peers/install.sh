#!/bin/sh
# Gives each peer an environment of its own beside .venv, away from ours. Usage: bench/peers/install.sh [fastai] [autogluon] [cleanlab]
# requirements-PEER.txt names what we ask for, locked-PEER.txt the version of everything that came with it.
set -eu
cd "$(dirname "$0")/../.."
for peer in ${@:-fastai autogluon cleanlab}; do
  folder=".venv-peers-$peer"
  [ -x "$folder/bin/python" ] || "${PYTHON:-python3.11}" -m venv "$folder"
  "$folder/bin/python" -m pip install --quiet -r "bench/peers/requirements-$peer.txt" -c "bench/peers/locked-$peer.txt"
  "$folder/bin/python" -m pip check
done
