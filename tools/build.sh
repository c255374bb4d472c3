#!/usr/bin/env bash
# Builds the pinned validators of every tools/<module> into .tools/bin, and takes out of a module what the tests read
# rather than run; a module that is already built is skipped. checkov, which is Python, comes first and needs no Go.
# Exits 3 when Go is missing, 1 when a build fails.
set -euo pipefail

tools_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(dirname "$tools_dir")/.tools
bin=$out/bin

# Static, reproducible, and nothing but what go.sum names: no C compiler, no version control, no silent upgrade.
export CGO_ENABLED=0 GOFLAGS=-mod=readonly

# What runs checkov, whose locked versions suit no other package here: hence an environment of its own.
python=${PYTHON:-python3}

# The stamp changes with anything that could change what is built.
stamp_of() {
  local module=$1
  echo "$out/$module.$(cat "$tools_dir/$module"/* "$tools_dir/build.sh" <(made_by "$module") | sha256sum | cut -d' ' -f1)"
}

made_by() {
  local module=$1
  if [[ $module == checkov ]]; then "$python" --version; else go version; fi
}

# Kubernetes takes its version from the linker and says v0.0.0 without it.
ldflags_of() {
  local module=$1 version
  printf '%s' '-s -w'
  [[ $module == kubernetes ]] || return 0
  version=$(go list -C "$tools_dir/$module" -m -f '{{.Version}}' k8s.io/kubernetes)
  printf ' -X k8s.io/component-base/version.gitVersion=%s' "$version"
}

# Thanos hands Prometheus's labels to its wire format as they lie in memory, and must be built for the form it takes
# them for: without the tag it panics on its first answer.
tags_of() {
  local module=$1
  if [[ $module == thanos ]]; then echo slicelabels; fi
}

folder_of() {
  local module=$1 dependency=$2
  go mod download -C "$tools_dir/$module" "$dependency" &&
    go list -C "$tools_dir/$module" -m -f '{{.Dir}}' "$dependency"
}

# Puts the definitions that tools/crds/names.txt names into .tools/crds, a file each; fails on a name that is nowhere.
extract_crds() {
  local istio gateway
  istio=$(folder_of crds istio.io/api)
  gateway=$(folder_of crds sigs.k8s.io/gateway-api)
  rm -rf "$out/crds"
  mkdir "$out/crds"
  awk -v folder="$out/crds" '
    function keep() {
      if (name in wanted) { printf "%s", text > (folder "/" name ".yaml"); delete wanted[name] }
      name = text = ""
    }
    FNR == NR { wanted[$1]; next }
    FNR == 1 || /^---/ { keep() }
    /^  name: / { name = $2 }
    { text = text $0 "\n" }
    END { keep(); for (name in wanted) { print "tools: crds: there is no " name > "/dev/stderr"; missing = 1 }; exit missing }
  ' "$tools_dir/crds/names.txt" "$istio/kubernetes/customresourcedefinitions.gen.yaml" "$gateway"/config/crd/standard/*.yaml
}

# Puts how kwok by default plays a node and a Pod's start and end into .tools/kwok: the program itself knows none of it.
extract_stages() {
  local stages file
  stages=$(folder_of kwok sigs.k8s.io/kwok)/kustomize/stage
  mkdir -p "$out/kwok"
  for file in "$stages"/{node/fast/node-initialize,node/heartbeat-with-lease/node-heartbeat-with-lease} \
    "$stages"/pod/fast/pod-{ready,complete}; do
    printf -- '---\n'
    cat "$file.yaml"
  done >"$out/kwok/stages.yaml"
}

# Puts Grafana's grammar of LogQL and the program that asks it into .tools/loki; nothing of it is compiled.
install_logql() {
  rm -rf "$out/loki"
  mkdir "$out/loki"
  cp "$tools_dir"/loki/{package.json,package-lock.json,logql.mjs} "$out/loki/"
  npm ci --prefix "$out/loki" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
}

# Puts checkov into .tools/checkov, an environment of its own.
install_checkov() {
  rm -rf "$out/checkov"
  "$python" -m venv "$out/checkov"
  "$out/checkov/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
    -r "$tools_dir/checkov/requirements.txt"
}

build() {
  local module=$1 ldflags
  if [[ $module == checkov ]]; then
    install_checkov
    return
  fi
  if [[ $module == loki ]]; then
    install_logql
    return
  fi
  if [[ $module == crds ]]; then
    extract_crds
    return
  fi
  ldflags=$(ldflags_of "$module")
  go build -C "$tools_dir/$module" -p 2 -trimpath -buildvcs=false -tags "$(tags_of "$module")" -ldflags "$ldflags" \
    -o "$bin/" tool
  # etcd's published main package is called "server", and so Go names its program.
  if [[ $module == etcd ]]; then mv -f "$bin/server" "$bin/etcd"; fi
  if [[ $module == kwok ]]; then extract_stages; fi
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

mkdir -p "$bin"
build_unless_stamped checkov

if ! command -v go >/dev/null; then
  echo "tools: Go is missing; install Go 1.26 or newer to build the validators" >&2
  exit 3
fi

for go_mod in "$tools_dir"/*/go.mod; do
  build_unless_stamped "$(basename "$(dirname "$go_mod")")"
done

# The one validator that runs on Node: without it LogQL goes unchecked, which CI does not allow.
if command -v npm >/dev/null; then
  build_unless_stamped loki
else
  echo "tools: Node is missing; install Node 20 or newer to check LogQL" >&2
  [[ -z ${CI-} ]] || exit 3
fi
