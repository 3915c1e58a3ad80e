#!/bin/sh
# Finds a Python that is new enough and hands over to setup.py, which installs the rest.
#
#   sh scripts/setup.sh run|test|check
#
# Everything it says goes to stderr: stdout belongs to the command that follows.
set -eu
cd "$(dirname "$0")/.."

# Python 3.13 is what production runs; later ones are taken where it is all there is.
new_enough() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 13))' >/dev/null 2>&1
}

candidates() {
  if [ -n "${PYTHON:-}" ]; then echo "$PYTHON"; fi
  echo .venv/bin/python
  echo python3.13
  ls -d "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13.*/bin/python 2>/dev/null || true
  echo python3
  echo python
  echo python3.14
  ls -d "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[4-9].*/bin/python 2>/dev/null || true
}

find_python() {
  candidates | while IFS= read -r candidate; do
    if new_enough "$candidate"; then
      echo "$candidate"
      break
    fi
  done
}

python=$(find_python)
if [ -z "$python" ] && command -v uv >/dev/null 2>&1; then
  python=$(uv python find 3.13 2>/dev/null || true)
  if [ -z "$python" ]; then
    echo "No Python 3.13 here: uv installs one ..." >&2
    uv python install 3.13 >&2 || true
    python=$(uv python find 3.13 2>/dev/null || true)
  fi
fi
if [ -z "$python" ]; then
  echo "error: Python 3.13 or later is needed and was not found (looked for python3.13, python3," >&2
  echo "       python, pyenv's versions and uv). Install it, or name it: PYTHON=/path/to/python make ..." >&2
  exit 1
fi
exec "$python" scripts/setup.py "$@"
