//! helmdrill where there is next to nothing: in a container without a network, as nobody, with a file system that is not to
//! be written. What the documentation says of safety is seen from outside here.
#![allow(clippy::disallowed_methods, reason = "tests lay out files and start processes")]

mod machine;
#[path = "../needs/mod.rs"]
mod needs;

use machine::{bash, block_on, ended, machine, remove};
use std::process::ExitCode;
use testcontainers::ImageExt;
use testcontainers::core::WaitFor;
use testcontainers::core::wait::ExitWaitStrategy;
use testcontainers::runners::AsyncRunner;

fn main() -> ExitCode {
    let tests = needs::tests![
        a_drill_needs_no_network_no_root_and_nothing_to_write_but_a_temporary_folder,
        what_a_responder_leaves_running_is_ended_by_the_first_process_of_a_container,
        a_served_cluster_is_reached_from_its_own_host_and_from_no_other,
        a_server_that_is_the_first_process_of_a_container_ends_as_it_is_told,
    ];
    needs::run(machine::engine(), &tests)
}

const DRILL: [&str; 4] = ["run", "stuck-upgrade/before-the-deployment", "--helm", "4.3.1"];

fn exit() -> WaitFor {
    WaitFor::Exit(ExitWaitStrategy::new())
}

fn a_drill_needs_no_network_no_root_and_nothing_to_write_but_a_temporary_folder() {
    block_on(async {
        let line = [&DRILL[..], &["--procedure", "rollback-to-last-good"]].concat();
        let run = machine("drill", exit(), &line).await.start().await.expect("it starts");
        let printed = ended(run, 0).await;
        assert!(printed.contains("GRADE A 100"), "{printed}");
    });
}

fn what_a_responder_leaves_running_is_ended_by_the_first_process_of_a_container() {
    block_on(async {
        let responder = "exec:(setsid sh -c 'sleep 1000 & sleep 2000' &); helm rollback myapp 2 --wait";
        let line = [&DRILL[..], &["--responder", responder]].concat();
        let run = machine("responder", exit(), &line).await.start().await.expect("it starts");
        let printed = ended(run, 0).await;
        assert!(printed.contains("GRADE A 100"), "{printed}");
        assert!(printed.contains("still there and w"), "{printed}");
    });
}

fn a_served_cluster_is_reached_from_its_own_host_and_from_no_other() {
    block_on(async {
        let network = format!("helmdrill-test-{}", std::process::id());
        let serve = ["serve", "--kubeconfig", "/tmp/kubeconfig", "--port", "6443"];
        let ready = || WaitFor::message_on_stdout("ready");
        let served = machine("served", ready(), &serve).await.with_network(&network);
        let served = served.start().await.expect("it starts");
        let other = machine("other", ready(), &["serve", "--port", "7443"]).await.with_network(&network);
        let other = other.start().await.expect("it starts");

        let kubectl = "/tools/kubectl/1.36.3/kubectl --kubeconfig /tmp/kubeconfig get nodes --output name";
        assert_eq!(bash(&served, kubectl).await, (Some(0), "node/node1\n".to_owned()));
        let address = served.get_bridge_ip_address().await.expect("it is on a network");
        let knock = |port| format!("exec 3<>/dev/tcp/{address}/{port}");
        let (code, said) = bash(&other, &knock(6443)).await;
        assert_eq!(code, Some(1));
        assert!(said.contains("Connection refused"), "the host is reached, the server is not: {said}");
        remove(other).await;
        remove(served).await;
    });
}

fn a_server_that_is_the_first_process_of_a_container_ends_as_it_is_told() {
    block_on(async {
        let ready = WaitFor::message_on_stdout("ready");
        let served = machine("ends", ready, &["serve"]).await.start().await.expect("it starts");
        served.stop().await.expect("it is told to end");
        ended(served, 0).await;
    });
}
