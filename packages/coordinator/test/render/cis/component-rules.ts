import { all, argument, CONTROL, ETCD, IN_CLUSTER, PKI, type Rule, without } from "./rule.ts";

const API = "kube-apiserver";
const MANAGER = "kube-controller-manager";
/** Sections 1.3, 1.4, 2 and 4.3: the other components. */
export const OTHERS_RULES: readonly Rule[] = [
	{
		id: "1.3.1",
		title: "ended pods are collected",
		on: CONTROL,
		holds: argument(MANAGER, "terminated-pod-gc-threshold", /^\d+$/),
	},
	{ id: "1.3.2", title: "no profiling", on: CONTROL, holds: argument(MANAGER, "profiling", "false") },
	{
		id: "1.3.3",
		title: "each controller has its own account",
		on: CONTROL,
		holds: argument(MANAGER, "use-service-account-credentials", "true"),
	},
	{
		id: "1.3.4",
		title: "it signs service accounts",
		on: CONTROL,
		holds: argument(MANAGER, "service-account-private-key-file", PKI),
	},
	{ id: "1.3.5", title: "pods get the root CA", on: CONTROL, holds: argument(MANAGER, "root-ca-file", PKI) },
	{
		id: "1.3.6",
		title: "kubelets' serving certificates are renewed",
		on: CONTROL,
		holds: (tree) => !/RotateKubeletServerCertificate=false/.test(tree.arguments(MANAGER)["feature-gates"] ?? ""),
	},
	{
		id: "1.3.7",
		title: "it listens on the loopback",
		on: CONTROL,
		holds: argument(MANAGER, "bind-address", "127.0.0.1"),
	},
	{
		id: "1.4.1",
		title: "no profiling",
		on: CONTROL,
		holds: (tree) => tree.yaml("/etc/kubernetes/scheduler/config.yaml").enableProfiling === false,
	},
	{
		id: "1.4.2",
		title: "it listens on the loopback",
		on: CONTROL,
		holds: argument("kube-scheduler", "bind-address", "127.0.0.1"),
	},
	{
		id: "2.1",
		title: "etcd serves TLS",
		on: ETCD,
		holds: all(argument("etcd", "cert-file", PKI), argument("etcd", "key-file", PKI)),
	},
	{ id: "2.2", title: "etcd wants client certificates", on: ETCD, holds: argument("etcd", "client-cert-auth", "true") },
	{ id: "2.3", title: "etcd makes no certificate by itself", on: ETCD, holds: without("etcd", "auto-tls") },
	{
		id: "2.4",
		title: "etcd's members speak TLS",
		on: ETCD,
		holds: all(argument("etcd", "peer-cert-file", PKI), argument("etcd", "peer-key-file", PKI)),
	},
	{
		id: "2.5",
		title: "etcd's members check each other",
		on: ETCD,
		holds: argument("etcd", "peer-client-cert-auth", "true"),
	},
	{
		id: "2.6",
		title: "etcd's members make no certificate by themselves",
		on: ETCD,
		holds: without("etcd", "peer-auto-tls"),
	},
	{
		id: "2.7",
		title: "etcd has a CA of its own",
		on: CONTROL,
		holds: (tree) => tree.arguments("etcd")["trusted-ca-file"] !== tree.arguments(API)["client-ca-file"],
	},
	{
		id: "4.3.1",
		title: "kube-proxy shows its metrics on the loopback",
		on: IN_CLUSTER,
		holds: (tree) =>
			/^127\.0\.0\.1:/.test(String(tree.yaml("/etc/kubernetes/kube-proxy/config.yaml").metricsBindAddress)),
	},
];
