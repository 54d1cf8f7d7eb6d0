import { CONTROL, ETCD, IN_CLUSTER, is0600, manifest, NODES, PKI, type Rule, unit } from "./rule.ts";

/** Sections 1.1 and 4.1: who may read what lies on a node. */
export const FILES_RULES: readonly Rule[] = [
	{ id: "1.1.1", title: "the API server's manifest is for root alone", on: CONTROL, holds: manifest("kube-apiserver") },
	{
		id: "1.1.3",
		title: "the controller manager's manifest is for root alone",
		on: CONTROL,
		holds: manifest("kube-controller-manager"),
	},
	{ id: "1.1.5", title: "the scheduler's manifest is for root alone", on: CONTROL, holds: manifest("kube-scheduler") },
	{ id: "1.1.7", title: "etcd's manifest is for root alone", on: ETCD, holds: manifest("etcd") },
	{
		id: "1.1.9",
		title: "CNI files are for root alone",
		on: IN_CLUSTER,
		holds: is0600("/etc/cni/net.d/00-rollcall.conflist"),
	},
	{
		id: "1.1.11",
		title: "etcd's data is for root alone",
		on: ETCD,
		holds: (tree) => /^StateDirectory=etcd$/m.test(unit(tree)) && /^StateDirectoryMode=0700$/m.test(unit(tree)),
	},
	{
		id: "1.1.15",
		title: "scheduler.conf is for root alone",
		on: CONTROL,
		holds: is0600("/etc/kubernetes/scheduler.conf"),
	},
	{
		id: "1.1.17",
		title: "controller-manager.conf is for root alone",
		on: CONTROL,
		holds: is0600("/etc/kubernetes/controller-manager.conf"),
	},
	{
		id: "1.1.20",
		title: "whatever lies in the PKI folder is for root alone",
		on: NODES,
		holds: (tree) => tree.content.files.every(({ path, mode }) => !PKI.test(path) || mode === "0600"),
	},
	{
		id: "4.1.1",
		title: "kubelet's unit is for root alone",
		on: NODES,
		holds: is0600("/run/systemd/system/kubelet.service"),
	},
	{
		id: "4.1.3",
		title: "kube-proxy's kubeconfig is for root alone",
		on: IN_CLUSTER,
		holds: is0600("/etc/kubernetes/kube-proxy.conf"),
	},
	{
		id: "4.1.5",
		title: "kubelet.conf is for root alone",
		on: IN_CLUSTER,
		holds: is0600("/etc/kubernetes/kubelet.conf"),
	},
	{
		id: "4.1.9",
		title: "kubelet's configuration is for root alone",
		on: NODES,
		holds: is0600("/var/lib/kubelet/config.yaml"),
	},
];
