import { all, argument, CONTROL, notDisabled, PKI, plugins, type Rule, strong, without } from "./rule.ts";

const API = "kube-apiserver";
/** Section 1.2: kube-apiserver. */
export const API_SERVER_RULES: readonly Rule[] = [
	{ id: "1.2.1", title: "no anonymous requests", on: CONTROL, holds: argument(API, "anonymous-auth", "false") },
	{ id: "1.2.2", title: "no token file", on: CONTROL, holds: without(API, "token-auth-file") },
	{
		id: "1.2.3",
		title: "DenyServiceExternalIPs is on",
		on: CONTROL,
		holds: (tree) => plugins(tree).includes("DenyServiceExternalIPs"),
	},
	{
		id: "1.2.4",
		title: "it shows kubelets a client certificate",
		on: CONTROL,
		holds: all(argument(API, "kubelet-client-certificate", PKI), argument(API, "kubelet-client-key", PKI)),
	},
	{
		id: "1.2.5",
		title: "it checks kubelets' certificates",
		on: CONTROL,
		holds: argument(API, "kubelet-certificate-authority", PKI),
	},
	{
		id: "1.2.6",
		title: "not everything is allowed",
		on: CONTROL,
		holds: (tree) => !argument(API, "authorization-mode", /AlwaysAllow/)(tree),
	},
	{
		id: "1.2.7",
		title: "nodes see only their own",
		on: CONTROL,
		holds: argument(API, "authorization-mode", /(?:^|,)Node(?:,|$)/),
	},
	{ id: "1.2.8", title: "RBAC is on", on: CONTROL, holds: argument(API, "authorization-mode", /(?:^|,)RBAC(?:,|$)/) },
	{ id: "1.2.10", title: "AlwaysAdmit is off", on: CONTROL, holds: (tree) => !plugins(tree).includes("AlwaysAdmit") },
	{ id: "1.2.12", title: "ServiceAccount is on", on: CONTROL, holds: notDisabled("ServiceAccount") },
	{ id: "1.2.13", title: "NamespaceLifecycle is on", on: CONTROL, holds: notDisabled("NamespaceLifecycle") },
	{
		id: "1.2.14",
		title: "NodeRestriction is on",
		on: CONTROL,
		holds: (tree) => plugins(tree).includes("NodeRestriction"),
	},
	{ id: "1.2.15", title: "no profiling", on: CONTROL, holds: argument(API, "profiling", "false") },
	{
		id: "1.2.16",
		title: "an audit log is written",
		on: CONTROL,
		holds: all(argument(API, "audit-log-path", /^\//), argument(API, "audit-policy-file", /^\//)),
	},
	{ id: "1.2.17", title: "the audit log is kept 30 days", on: CONTROL, holds: argument(API, "audit-log-maxage", "30") },
	{ id: "1.2.18", title: "10 old audit logs are kept", on: CONTROL, holds: argument(API, "audit-log-maxbackup", "10") },
	{ id: "1.2.19", title: "an audit log has 100 MB", on: CONTROL, holds: argument(API, "audit-log-maxsize", "100") },
	{
		id: "1.2.21",
		title: "deleted service accounts are out at once",
		on: CONTROL,
		holds: argument(API, "service-account-lookup", "true"),
	},
	{
		id: "1.2.22",
		title: "service accounts have a key of their own",
		on: CONTROL,
		holds: argument(API, "service-account-key-file", PKI),
	},
	{
		id: "1.2.23",
		title: "it shows etcd a client certificate",
		on: CONTROL,
		holds: all(argument(API, "etcd-certfile", PKI), argument(API, "etcd-keyfile", PKI)),
	},
	{
		id: "1.2.24",
		title: "it serves TLS",
		on: CONTROL,
		holds: all(argument(API, "tls-cert-file", PKI), argument(API, "tls-private-key-file", PKI)),
	},
	{ id: "1.2.25", title: "it checks clients' certificates", on: CONTROL, holds: argument(API, "client-ca-file", PKI) },
	{ id: "1.2.26", title: "it checks etcd's certificate", on: CONTROL, holds: argument(API, "etcd-cafile", PKI) },
	{
		id: "1.2.27",
		title: "Secrets are encrypted at rest",
		on: CONTROL,
		holds: argument(API, "encryption-provider-config", /^\/etc\/kubernetes\//),
	},
	{
		id: "1.2.29",
		title: "only strong ciphers",
		on: CONTROL,
		holds: (tree) => strong(tree.arguments(API)["tls-cipher-suites"] ?? ""),
	},
	{
		id: "1.2.30",
		title: "service account tokens are not lengthened",
		on: CONTROL,
		holds: argument(API, "service-account-extend-token-expiration", "false"),
	},
];
