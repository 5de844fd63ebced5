# The life of a release whose records are in the database of the drill.
export HELM_DRIVER=sql
chart=../../../fixtures/charts/web
say() { echo "\$ helm ${*/$chart/./web}"; helm "$@" || echo "exit $?"; }
say list -A
say install web $chart --set version=1.0 --wait -o json | grep -c '"status": *"deployed"'
say install web $chart
say upgrade web $chart --set version=1.1 --labels team=a --wait > /dev/null
say history web
say rollback web 1 --wait
say get values web
say list -A
say list --selector team=a
say upgrade web $chart --set version=1.2 --history-max 2 --wait > /dev/null
say history web
say uninstall web --keep-history
say list --uninstalled
say uninstall web
say history web
kubectl get secret,configmap -l owner=helm
