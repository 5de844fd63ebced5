# What a service account may do with its token, as kubectl and helm see it. Run on a real kube-apiserver 1.36.2, it
# printed tests/recorded/access.txt.
kubectl create serviceaccount deployer; kubectl create serviceaccount guest
kubectl create role deploying --verb='*' --resource=deployments.apps,services,configmaps,secrets
kubectl create role looking --verb=get,list --resource=pods
kubectl create rolebinding deploying --role=deploying --serviceaccount=production:deployer
kubectl create rolebinding looking --role=looking --serviceaccount=production:deployer
d() { kubectl --token "$(kubectl create token deployer)" "$@"; echo "[$?]"; }
d auth whoami -o jsonpath='{.status.userInfo.username}{"\n"}'
d get pods
d get nodes
d auth can-i create deployments
d auth can-i delete pods
d create role more --verb=get --resource=pods
d delete pod gone
d get deployments -A
helm --kube-token "$(kubectl create token deployer)" install web ../../conformance/charts/myapp | grep STATUS
helm --kube-token "$(kubectl create token deployer)" list -q
helm --kube-token "$(kubectl create token guest)" list; echo "[$?]"
helm --kube-token "$(kubectl create token guest)" install other ../../conformance/charts/myapp; echo "[$?]"
helm --kube-token "$(kubectl create token deployer)" uninstall web; echo "[$?]"
T=$(kubectl create token deployer); kubectl delete serviceaccount deployer
kubectl --token "$T" get pods; echo "[$?]"
kubectl --token not-a-token get pods; echo "[$?]"
kubectl get pods --as guest; echo "[$?]"
kubectl auth can-i --list --as system:serviceaccount:production:guest | head -3
