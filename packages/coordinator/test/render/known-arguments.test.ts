import test from "ava";
import { KNOWN_ARGUMENTS } from "../../src/render/known-arguments.ts";
import { NODE_TREES } from "./cis/rule.ts";

/** Gone from Kubernetes 1.34 to 1.36, or deprecated there in favour of configuration files. */
const GONE =
	`insecure-port insecure-bind-address cloud-provider cloud-config basic-auth-file kubelet-https enable-swagger-ui
	container-runtime network-plugin pod-infra-container-image address port horizontal-pod-autoscaler-use-rest-clients
	experimental-initial-corrupt-check experimental-watch-progress-notify-interval register-schedulable
	cgroup-driver cluster-dns cluster-domain pod-manifest-path resolv-conf container-runtime-endpoint
	register-with-taints snapshot-count max-snapshots`.split(/\s+/);

const rendered = {
	apiServer: NODE_TREES["control-plane"].arguments("kube-apiserver"),
	controllerManager: NODE_TREES["control-plane"].arguments("kube-controller-manager"),
	scheduler: NODE_TREES["control-plane"].arguments("kube-scheduler"),
	etcd: NODE_TREES["control-plane"].arguments("etcd"),
	kubelet: NODE_TREES.worker.kubeletFlags,
} as const;

for (const [owner, { program, free: forms, decided }] of Object.entries(KNOWN_ARGUMENTS)) {
	const free = Object.keys(forms);

	test(`every argument that rollcall gives to ${program} is known, and none is gone or deprecated`, (t) => {
		const given = Object.keys(rendered[owner as keyof typeof rendered]);
		t.true(given.length > 3);
		t.deepEqual(
			given.filter((name) => !decided.includes(name) && !free.includes(name)),
			[],
		);
		t.deepEqual(
			[...given, ...free].filter((name) => GONE.includes(name)),
			[],
		);
	});

	test(`no argument of ${program} is both free and decided, or listed twice`, (t) => {
		t.is(new Set([...free, ...decided]).size, free.length + decided.length);
	});
}
