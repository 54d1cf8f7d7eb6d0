import { all, field, NODES, PKI, type Rule, strong } from "./rule.ts";

/** Section 4.2: kubelet. */
export const KUBELET_RULES: readonly Rule[] = [
	{
		id: "4.2.1",
		title: "no anonymous requests",
		on: NODES,
		holds: field("authentication.anonymous.enabled", (value) => value === false),
	},
	{
		id: "4.2.2",
		title: "the API says who may",
		on: NODES,
		holds: field("authorization.mode", (value) => value === "Webhook"),
	},
	{
		id: "4.2.3",
		title: "clients' certificates are checked",
		on: NODES,
		holds: field("authentication.x509.clientCAFile", (value) => PKI.test(String(value))),
	},
	{
		id: "4.2.4",
		title: "no port that anybody may read",
		on: NODES,
		holds: field("readOnlyPort", (value) => value === 0),
	},
	{
		id: "4.2.5",
		title: "idle streams end",
		on: NODES,
		holds: field("streamingConnectionIdleTimeout", (value) => value !== "0s" && value !== undefined),
	},
	{
		id: "4.2.6",
		title: "iptables chains are kept",
		on: NODES,
		holds: field("makeIPTablesUtilChains", (value) => value === true),
	},
	{
		id: "4.2.7",
		title: "no --hostname-override",
		on: NODES,
		holds: (tree) => tree.kubeletFlags["hostname-override"] === undefined,
	},
	{
		id: "4.2.8",
		title: "events are recorded at a bounded rate",
		on: NODES,
		holds: field("eventRecordQPS", (value) => typeof value === "number" && value > 0),
	},
	{
		id: "4.2.9",
		title: "it serves TLS with a certificate of ours",
		on: NODES,
		holds: all(
			field("tlsCertFile", (value) => typeof value === "string"),
			field("tlsPrivateKeyFile", (value) => typeof value === "string"),
		),
	},
	{
		id: "4.2.10",
		title: "client certificates are renewed",
		on: NODES,
		holds: field("rotateCertificates", (value) => value === true),
	},
	{
		id: "4.2.11",
		title: "serving certificates are renewed",
		on: NODES,
		holds: field("featureGates.RotateKubeletServerCertificate", (value) => value !== false),
	},
	{
		id: "4.2.12",
		title: "only strong ciphers",
		on: NODES,
		holds: field("tlsCipherSuites", (value) => Array.isArray(value) && strong(value.join(","))),
	},
	{
		id: "4.2.13",
		title: "a pod has a limit of processes",
		on: NODES,
		holds: field("podPidsLimit", (value) => typeof value === "number" && value > 0),
	},
	{
		id: "4.2.14",
		title: "seccomp is on by default",
		on: NODES,
		holds: field("seccompDefault", (value) => value === true),
	},
];
