#!/bin/bash
# A folder of recordings shared out among the jobs of a SLURM array: sbatch examples/slurm.sh STUDY RESULTS
#
# Twenty jobs of four processes each. A job that was killed is started again by the same line: what is finished
# is skipped. When all are done, "avaffect predict -r STUDY -o RESULTS --resume" makes what is missing and writes
# one summary.tsv of the whole.
#SBATCH --job-name=avaffect
#SBATCH --array=1-20
#SBATCH --cpus-per-task=4
#SBATCH --mem-per-cpu=1500M
#SBATCH --time=24:00:00
#SBATCH --requeue

set -euo pipefail
study=${1:?give the folder of the recordings}
results=${2:?give the folder for the results}

avaffect predict --recursive "$study" --out "$results" --no-video \
    --shard "${SLURM_ARRAY_TASK_ID:?}/${SLURM_ARRAY_TASK_COUNT:?}" \
    --workers "${SLURM_CPUS_PER_TASK:-1}" \
    --resume
