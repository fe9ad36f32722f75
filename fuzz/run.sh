#!/usr/bin/env bash
# Runs fuzz targets, one after the other, and prints how many inputs each ran and what it found.
#
#     fuzz/run.sh [SECONDS] [TARGET...]      60 seconds each, all of them
#
# Needs a nightly toolchain, `cargo install cargo-fuzz`, and NumPy for new seeds ($PYTHON, else python3). The corpora
# stay in fuzz/corpus and grow; findings are in fuzz/artifacts.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-60}
shift || true
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    mapfile -t targets < <(cargo +nightly fuzz list)
fi
logs=$(mktemp -d)
# A target that is cut off leaves its folder in memory.
trap 'rm -rf /dev/shm/varpack-fuzz-*' EXIT
export LSAN_OPTIONS=suppressions=$PWD/fuzz/lsan.supp

"${PYTHON:-python3}" fuzz/make_seeds.py fuzz/corpus
cargo +nightly fuzz build

# What every target has to keep to: 10 seconds an input, half a GiB an allocation, 2 GiB in all.
limits=(-timeout=10 -malloc_limit_mb=512 -rss_limit_mb=2048 -max_len=4096)

failed=0
for target in "${targets[@]}"; do
    log=$logs/$target
    mkdir -p "fuzz/artifacts/$target"
    cargo +nightly fuzz run "$target" -- "${limits[@]}" "-max_total_time=$seconds" -print_final_stats=1 \
        >"$log" 2>&1 || failed=1
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    found=$(find "fuzz/artifacts/$target" -type f | wc -l)
    printf '%-16s %12s executions, %s findings\n' "$target" "${executions:-no}" "$found"
    grep -aE 'panicked at|SUMMARY|Test unit written' "$log" || true
done
exit "$failed"
