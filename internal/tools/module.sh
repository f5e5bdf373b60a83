#!/usr/bin/env bash
# module.sh PATH: gives this module, and the modules in its folders, another import path.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
new=${1:-}
if [[ ! $new =~ ^[a-z0-9.-]+\.[a-z]+(/[A-Za-z0-9._~-]+)+$ ]]; then
    echo "make module MODULE=example.org/you/canonicallineexporter: '$new' is no import path" >&2
    exit 1
fi
old=$(go list -m)
# The old path may hold dots.
pattern=${old//./\\.}
git ls-files '*.go' '*go.mod' '*.yaml' '*.yml' README.md | while read -r file; do
    grep -q "$pattern" "$file" || continue
    # The path stands in quotes or behind a blank. A package clause has the name, not the path.
    sed -E "/^(package|\/\/ Package) /!s#([\"[:space:]])$pattern(/|\"|[[:space:]]+v[0-9]|\$)#\1$new\2#g" "$file" >"$file.new"
    cat "$file.new" >"$file"
    rm "$file.new"
done
echo "the module is $new: run make generate, then make verify"
