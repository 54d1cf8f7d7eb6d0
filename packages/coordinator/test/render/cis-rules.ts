import { type NodeTree, nodeTree } from "./node-tree.ts";

type Role = "control-plane" | "worker" | "etcd";

/** One rule of the CIS benchmark (numbers as in kube-bench cis-1.12), evaluated on a rendered tree. */
export interface Rule {
	readonly id: string;
	readonly title: string;
	readonly on: readonly Role[];
	readonly holds: (tree: NodeTree) => boolean;
}

/** The trees that the rules are evaluated on. */
export const NODE_TREES: Record<Role, NodeTree> = {
	"control-plane": nodeTree("control-plane"),
	worker: nodeTree("worker"),
	etcd: nodeTree("etcd"),
};

const CONTROL: readonly Role[] = ["control-plane"];
const ETCD: readonly Role[] = ["control-plane", "etcd"];
const NODES: readonly Role[] = ["control-plane", "worker", "etcd"];
const IN_CLUSTER: readonly Role[] = ["control-plane", "worker"];

const is0600 = (path: string) => (tree: NodeTree) => tree.modeOf(path) === "0600";
const manifest = (name: string) => is0600(`/etc/kubernetes/manifests/${name}.yaml`);
const argument = (pod: string, name: string, wanted: string | RegExp) => (tree: NodeTree) => {
	const value = tree.arguments(pod)[name];
	if (value === undefined) return false;
	return typeof wanted === "string" ? value === wanted : wanted.test(value);
};
const without =
	(pod: string, ...names: readonly string[]) =>
	(tree: NodeTree) =>
		names.every((name) => tree.arguments(pod)[name] === undefined);
const all =
	(...checks: readonly ((tree: NodeTree) => boolean)[]) =>
	(tree: NodeTree) =>
		checks.every((check) => check(tree));
const plugins = (tree: NodeTree) => (tree.arguments("kube-apiserver")["enable-admission-plugins"] ?? "").split(",");
const notDisabled = (name: string) => (tree: NodeTree) =>
	!(tree.arguments("kube-apiserver")["disable-admission-plugins"] ?? "").split(",").includes(name);
const config = (tree: NodeTree) => tree.yaml("/var/lib/kubelet/config.yaml") as Record<string, never>;
const field = (path: string, good: (value: unknown) => boolean) => (tree: NodeTree) =>
	good(path.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], config(tree)));
const PKI = /^\/etc\/kubernetes\/pki\//;
const strong = (list: string) =>
	list
		.split(",")
		.every((suite) =>
			/^TLS_ECDHE_(?:RSA|ECDSA)_WITH_(?:AES_(?:128|256)_GCM_SHA(?:256|384)|CHACHA20_POLY1305(?:_SHA256)?)$/.test(suite),
		);
const unit = (tree: NodeTree) => tree.text("/run/systemd/system/kubelet.service");

const FILES: readonly Rule[] = [
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
		holds: is0600("/etc/cni/net.d/10-flannel.conflist"),
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

const API = "kube-apiserver";
const API_SERVER: readonly Rule[] = [
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

const MANAGER = "kube-controller-manager";
const OTHERS: readonly Rule[] = [
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

const KUBELET: readonly Rule[] = [
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

const containers = (tree: NodeTree) =>
	tree.pods.flatMap(({ pod }) => [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]);
const BOUND = new Set(["NET_BIND_SERVICE", "NET_ADMIN", "NET_RAW"]);
const HOST_PATHS =
	/^(?:\/etc\/kubernetes(?:\/.*)?|\/var\/lib\/etcd|\/var\/log\/kubernetes\/audit|\/run\/flannel|\/run\/xtables\.lock|\/lib\/modules|\/opt\/cni\/bin)$/;
const WRITABLE =
	/^(?:\/var\/lib\/etcd|\/var\/log\/kubernetes\/audit|\/run\/flannel|\/run\/xtables\.lock|\/opt\/cni\/bin)$/;

const STATIC_PODS: readonly Rule[] = [
	{
		id: "beyond: no API objects",
		title: "static pods name no Secret, ConfigMap or account",
		on: NODES,
		holds: (tree) =>
			tree.pods.every(
				({ pod }) =>
					!/secretKeyRef|configMap|secretName|serviceAccountName/i.test(JSON.stringify(pod)) &&
					pod.spec.automountServiceAccountToken === false,
			),
	},
	{
		id: "beyond: images by digest",
		title: "images are pinned by digest",
		on: NODES,
		holds: (tree) => containers(tree).every(({ image }) => /@sha256:[0-9a-f]{64}$/.test(image)),
	},
	{
		id: "beyond: images pinned",
		title: "no image floats",
		on: NODES,
		holds: (tree) => containers(tree).every(({ image }) => /:[^/]+$/.test(image) && !image.endsWith(":latest")),
	},
	{
		id: "beyond: seccomp",
		title: "every pod has the runtime's seccomp profile",
		on: NODES,
		holds: (tree) =>
			tree.pods.every(
				({ pod }) => JSON.stringify(pod.spec.securityContext) === '{"seccompProfile":{"type":"RuntimeDefault"}}',
			),
	},
	{
		id: "beyond: no privileged container",
		title: "no container is privileged",
		on: IN_CLUSTER,
		holds: (tree) => containers(tree).every(({ securityContext }) => securityContext.privileged !== true),
	},
	{
		id: "beyond: privileges",
		title: "nothing but kube-proxy gains privileges, and capabilities are dropped but for a short list",
		on: NODES,
		holds: (tree) =>
			containers(tree).every(
				({ name, securityContext: { allowPrivilegeEscalation, capabilities } }) =>
					name === "kube-proxy" ||
					(allowPrivilegeEscalation === false &&
						capabilities?.drop.join() === "ALL" &&
						(capabilities.add ?? []).every((one) => BOUND.has(one))),
			),
	},
	{
		id: "beyond: read-only root",
		title: "every container's own file system is read-only",
		on: NODES,
		holds: (tree) => containers(tree).every(({ securityContext }) => securityContext.readOnlyRootFilesystem === true),
	},
	{
		id: "beyond: host paths",
		title: "host paths are of a short list, and writable only where data is written",
		on: NODES,
		holds: (tree) =>
			tree.pods.every(({ pod }) => pod.spec.volumes.every(({ hostPath }) => HOST_PATHS.test(hostPath.path))) &&
			containers(tree).every(({ volumeMounts }) =>
				volumeMounts.every(({ mountPath, readOnly }) => readOnly || WRITABLE.test(mountPath)),
			),
	},
	{
		id: "beyond: requests",
		title: "every container asks for CPU and memory",
		on: NODES,
		holds: (tree) =>
			containers(tree).every(({ resources }) => Boolean(resources.requests.cpu && resources.requests.memory)),
	},
	{
		id: "beyond: priority",
		title: "every static pod is critical for the node",
		on: NODES,
		holds: (tree) =>
			tree.pods.every(
				({ pod }) => pod.spec.priorityClassName === "system-node-critical" && pod.spec.priority === 2_000_001_000,
			),
	},
];

/** All rules. */
export const RULES: readonly Rule[] = [...FILES, ...API_SERVER, ...OTHERS, ...KUBELET, ...STATIC_PODS];
