#!/usr/bin/env bash
# Builds the pinned validators of every tools/<module> into .tools/bin; a module that is already built is skipped.
# Exits 3 when Go is missing, 1 when a build fails.
set -euo pipefail

tools_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(dirname "$tools_dir")/.tools
bin=$out/bin

# Static, reproducible, and nothing but what go.sum names: no C compiler, no version control, no silent upgrade.
export CGO_ENABLED=0 GOFLAGS=-mod=readonly

# The stamp changes with anything that could change the binary.
stamp_of() {
  local module=$1
  echo "$out/$module.$(cat "$tools_dir/$module/go.mod" "$tools_dir/$module/go.sum" "$tools_dir/build.sh" \
    <(go version) | sha256sum | cut -d' ' -f1)"
}

# Kubernetes takes its version from the linker and says v0.0.0 without it.
ldflags_of() {
  local module=$1 version
  printf '%s' '-s -w'
  [[ $module == kubernetes ]] || return 0
  version=$(go list -C "$tools_dir/$module" -m -f '{{.Version}}' k8s.io/kubernetes)
  printf ' -X k8s.io/component-base/version.gitVersion=%s' "$version"
}

build() {
  local module=$1 ldflags
  ldflags=$(ldflags_of "$module")
  go build -C "$tools_dir/$module" -p 2 -trimpath -buildvcs=false -ldflags "$ldflags" -o "$bin/" tool
  # etcd's published main package is called "server", and so Go names its program.
  if [[ $module == etcd ]]; then mv -f "$bin/server" "$bin/etcd"; fi
}

build_unless_stamped() {
  local module=$1 stamp
  stamp=$(stamp_of "$module")
  if [[ -e $stamp ]]; then
    echo "tools: $module: up to date"
    return 0
  fi
  printf 'tools: %s: building... ' "$module"
  SECONDS=0
  rm -f "$out/$module".*
  build "$module"
  touch "$stamp"
  echo "done in ${SECONDS}s"
}

if ! command -v go >/dev/null; then
  echo "tools: Go is missing; install Go 1.26 or newer to build the validators" >&2
  exit 3
fi

mkdir -p "$bin"
for go_mod in "$tools_dir"/*/go.mod; do
  build_unless_stamped "$(basename "$(dirname "$go_mod")")"
done
