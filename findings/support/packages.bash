# Sourced by the findings: a temporary folder that goes away at the end, and packages of fixed versions unpacked there.
# Nothing is installed on the machine. Gives $work (the folder) and $root (where Debian packages lie).
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
work="$(mktemp -d)"
root="$work/root"
mkdir "$root"
trap 'rm -rf "$work"' EXIT
export PYTHONPATH="$here:$root/usr/lib/python3/dist-packages" PYTHONDONTWRITEBYTECODE=1
export LD_LIBRARY_PATH="$root/usr/lib/x86_64-linux-gnu"

# What the script needs and this machine has not.
need() {
  for tool in "$@"; do
    command -v "$tool" >/dev/null || { echo "This finding needs $tool." >&2; exit 2; }
  done
}

# debian NAME=VERSION…: these packages, and of their dependencies what the machine has not, unpacked under $root.
debian() {
  need apt-get dpkg
  mkdir -p "$work/debs/partial"
  local -a fetch=(apt-get install -y --download-only --reinstall --allow-downgrades --no-install-recommends
    -o "Dir::Cache::archives=$work/debs/" -o APT::Sandbox::User=root "$@")
  if ! "${fetch[@]}" >"$work/apt.log" 2>&1; then
    { apt-get update && "${fetch[@]}"; } >"$work/apt.log" 2>&1 || { tail -n 5 "$work/apt.log" >&2; echo "Debian 12 serves no $*." >&2; exit 2; }
  fi
  for package in "$work"/debs/*.deb; do
    dpkg -x "$package" "$root"
  done
}

# node NAME@VERSION…: packages of npm, under $work/node_modules. No script of theirs runs.
node_packages() {
  need node npm
  (cd "$work" && npm install --silent --no-audit --no-fund --no-save --ignore-scripts "$@" >"$work/npm.log" 2>&1) ||
    { tail -n 5 "$work/npm.log" >&2; echo "npm serves no $*." >&2; exit 2; }
  export NODE_PATH="$work/node_modules"
}
