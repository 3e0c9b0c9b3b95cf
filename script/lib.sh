# Sourced by the scripts beside it: where the project is, how to speak, and where uv comes from.

cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
tools=$root/.cache/tools # a folder for each: pip replaces bin/ of a target that it adds to
unset PYTHONHOME PYTHONPATH VIRTUAL_ENV
# Without bytecode each process compiles all of Home Assistant anew, for seconds. It is kept out of the source tree.
unset PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX=$root/.cache/bytecode

say() { echo "==> $*"; }

fail() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# A Python, of whatever version, that has pip.
pip_python() {
  local candidate
  for candidate in python3 /usr/bin/python3 python; do
    if "$candidate" -m pip --version &>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  return 1
}

# Put NAME==VERSION with pip into $tools/NAME, which needs no environment and leaves the system's packages alone.
pip_tool() {
  local python
  python=$(pip_python) || fail "no pip to install $1 with. Remedy: apt-get install python3-pip, then run this again."
  say "Getting ${1%%=*}"
  "$python" -m pip install --quiet --disable-pip-version-check --no-warn-script-location --root-user-action=ignore \
    --upgrade --target "$tools/${1%%=*}" "$1" ||
    fail "pip could not install $1. Remedy: check the network or pip's index (PIP_INDEX_URL), then run this again."
}

# Set $uv to a uv that knows dependency groups that conflict, and let it use the index that pip is set to use, and the
# certificates that the system trusts.
need_uv() {
  local major minor python
  uv=$(command -v uv || true)
  IFS=. read -r major minor _ < <("${uv:-false}" --version 2>/dev/null | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' || echo 0.0.0)
  if ((major == 0 && minor < 9)); then
    uv=$tools/uv/bin/uv
    "$uv" --version &>/dev/null || pip_tool uv==0.13.9
  fi
  if [[ -f /etc/ssl/certs/ca-certificates.crt ]]; then
    export UV_SYSTEM_CERTS=1
  fi
  if [[ -z ${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-} ]] && python=$(pip_python); then
    UV_DEFAULT_INDEX=${PIP_INDEX_URL:-$("$python" -m pip config get global.index-url 2>/dev/null || true)}
    if [[ -n $UV_DEFAULT_INDEX ]]; then export UV_DEFAULT_INDEX; else unset UV_DEFAULT_INDEX; fi
  fi
}

# Set $chromium to the machine's browser, and let Python drive it; false where there is none.
need_chromium() {
  chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || return 1
  # What drives it needs no more than pip, so it stays out of the locked environments.
  [[ -d $tools/playwright/playwright-1.65.2.dist-info ]] || PIP_PYTHON_VERSION=3.14 PIP_ONLY_BINARY=:all: pip_tool playwright==1.65.2
  export PYTHONPATH=$tools/playwright
}
