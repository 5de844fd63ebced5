//! Charts that bring CustomResourceDefinitions in `crds/` and objects of them among their templates, with every pinned
//! Helm: installed in one go, upgraded, and uninstalled without their definitions. And the chart that `helm create` makes,
//! whose test tells whether the release serves.

use crate::stand::{Stand, pinned};
use helmdrill::tools::{Pin, Tool, pins};

/// The chart, made where the command runs. Its object has a field that its definition fills in.
const CHART: &str = r#"
mkdir -p "$TMPDIR/gadgets/crds" "$TMPDIR/gadgets/templates"; cd "$TMPDIR/gadgets"
printf 'apiVersion: v2\nname: gadgets\nversion: 1.0.0\n' > Chart.yaml
printf 'size: 3\n' > values.yaml
cat > crds/gadget.yaml <<'E'
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: gadgets, singular: gadget, kind: Gadget, shortNames: [gd]}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              size: {type: integer, maximum: 5}
              colour: {type: string, default: red}
E
cat > templates/gadget.yaml <<'E'
apiVersion: example.com/v1
kind: Gadget
metadata: {name: mine}
spec: {size: {{ .Values.size }}}
E
cd - >/dev/null
"#;

async fn with(pin: &Pin) {
    let stand = Stand::new().await;
    let helm = pinned(pin).await;
    let kubectl = pins(Tool::Kubectl).next().expect("kubectl is pinned");
    let kubectl = pinned(kubectl).await;
    let run = |line: &str| format!("PATH={}:$PATH\n{line}", helm.parent().expect("a folder").display());
    let read = "kubectl get gd mine -o jsonpath='{.spec.size} {.spec.colour}'";
    let installed = stand
        .run(&kubectl, &run(&format!("{CHART}\nhelm install g \"$TMPDIR/gadgets\" >/dev/null && {read}")))
        .await;
    assert_eq!(installed.trim(), "3 red", "{}", pin.version);
    let upgraded = stand
        .run(&kubectl, &run(&format!("helm upgrade g \"$TMPDIR/gadgets\" --set size=4 >/dev/null && {read}")))
        .await;
    assert_eq!(upgraded.trim(), "4 red", "{}", pin.version);
    let refused = stand.run(&kubectl, &run("helm upgrade g \"$TMPDIR/gadgets\" --set size=9")).await;
    let why = "spec.size in body should be less than or equal to 5";
    assert!(refused.contains(why), "{}: {refused}", pin.version);
    let gone = stand
        .run(&kubectl, &run("helm uninstall g >/dev/null; kubectl get gd; kubectl get crd -o name"))
        .await;
    assert!(
        gone.contains("No resources found") && gone.contains("gadgets.example.com"),
        "{}: {gone}",
        pin.version
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chart_brings_its_definitions_and_objects_of_them() {
    for pin in pins(Tool::Helm) {
        with(pin).await;
    }
}

/// `helm create`, `helm install` and `helm test`, with an image that runs and with one that cannot be pulled.
const TESTED: &str = r#"
cd "$TMPDIR" && helm create shop >/dev/null && helm install shop ./shop --wait >/dev/null || echo "not installed"
tested() { helm test shop >out 2>&1; echo "exit $?"; grep -E '^Phase|pod shop-test-connection failed' out; kubectl logs shop-test-connection; }
tested
helm uninstall shop --wait >/dev/null && helm install shop ./shop --set image.repository=no-such-registry.invalid/none >/dev/null
tested
"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_test_of_a_chart_as_helm_creates_it_tells_whether_the_release_serves() {
    let kubectl = pinned(pins(Tool::Kubectl).last().expect("kubectl is pinned")).await;
    let address = regex::Regex::new(r"10\.\d+\.\d+\.\d+").expect("a pattern");
    for pin in pins(Tool::Helm) {
        let (stand, helm) = (Stand::new().await, pinned(pin).await);
        let said = stand.run_with(&[&helm, &kubectl], TESTED).await;
        let said = address.replace_all(&said, "ADDRESS").into_owned();
        let lines: Vec<&str> = said.lines().collect();
        let hello = "Connecting to shop:80 (ADDRESS:80)";
        assert_eq!(lines[..3], ["exit 0", "Phase:          Succeeded", hello], "{}: {said}", pin.version);
        let refused = "wget: can't connect to remote host (ADDRESS): Connection refused";
        assert!(lines[3] == "exit 1" && lines.ends_with(&[hello, refused]), "{}: {said}", pin.version);
    }
}
