import type { Kubernetes } from "@rollcall/protocol";
import {
	type ArgumentForm,
	BOOLEAN,
	COUNT,
	choice,
	DURATION,
	duration,
	MODULES,
	number,
	PORTS,
	RATE,
	RETENTION,
	SIZES,
	TEXT,
} from "./argument-forms.ts";

/** Components that take extra arguments. */
export type ArgumentOwner = keyof Kubernetes["extraArguments"];

/** What an operator may set for a component, and what follows from the rest of the document. */
export interface KnownArguments {
	readonly program: string;
	/** Tuning only, with the form of each value: nothing that opens a door, and nothing that Kubernetes 1.34 to 1.36 do not know or call deprecated. */
	readonly free: Readonly<Record<string, ArgumentForm>>;
	/** Set by rollcall; another value would contradict the document or a CIS rule. */
	readonly decided: readonly string[];
}

const VERBOSITY = { ...each(COUNT, "v"), ...each(MODULES, "vmodule") };
const LOG = { ...VERBOSITY, ...each(choice("text", "json"), "logging-format") };
const CLIENT = {
	...each(RATE, "kube-api-qps"),
	...each(COUNT, "kube-api-burst"),
	...each(TEXT, "kube-api-content-type"),
};
const ELECTION = each(DURATION, "leader-elect-lease-duration leader-elect-renew-deadline leader-elect-retry-period");

/** The arguments of each component, from the reference pages of the components and etcd's configuration options. */
export const KNOWN_ARGUMENTS: Readonly<Record<ArgumentOwner, KnownArguments>> = {
	apiServer: {
		program: "kube-apiserver",
		free: {
			...each(
				COUNT,
				`audit-log-batch-buffer-size audit-log-batch-max-size default-not-ready-toleration-seconds
				default-unreachable-toleration-seconds default-watch-cache-size delete-collection-workers
				http2-max-streams-per-connection lease-reuse-duration-seconds max-mutating-requests-inflight
				max-requests-inflight min-request-timeout`,
			),
			...each(
				DURATION,
				`etcd-compaction-interval etcd-count-metric-poll-period event-ttl livez-grace-period request-timeout
				shutdown-delay-duration`,
			),
			...each(
				BOOLEAN,
				`audit-log-truncate-enabled enable-aggregator-routing enable-priority-and-fairness
				shutdown-send-retry-after watch-cache`,
			),
			...each(TEXT, "external-hostname runtime-config strict-transport-security-directives"),
			...each(choice("batch", "blocking", "blocking-strict"), "audit-log-mode"),
			...each(
				choice("application/vnd.kubernetes.protobuf", "application/json", "application/yaml"),
				"storage-media-type",
			),
			...each(number(0.02), "goaway-chance"),
			...each(duration({ least: 3600, most: 2 ** 32 }), "service-account-max-token-expiration"),
			...each(PORTS, "service-node-port-range"),
			...each(SIZES, "watch-cache-sizes"),
			...LOG,
		},
		decided: words(`admission-control-config-file advertise-address allow-privileged anonymous-auth audit-log-compress
			audit-log-maxage audit-log-maxbackup audit-log-maxsize audit-log-path audit-policy-file
			authentication-config authorization-mode bind-address client-ca-file disable-admission-plugins
			enable-admission-plugins encryption-provider-config etcd-cafile etcd-certfile etcd-keyfile etcd-servers
			feature-gates kubelet-certificate-authority kubelet-client-certificate kubelet-client-key
			kubelet-preferred-address-types profiling proxy-client-cert-file proxy-client-key-file
			requestheader-allowed-names requestheader-client-ca-file requestheader-extra-headers-prefix
			requestheader-group-headers requestheader-username-headers secure-port
			service-account-extend-token-expiration service-account-issuer service-account-key-file
			service-account-lookup service-account-signing-key-file service-cluster-ip-range tls-cert-file
			tls-cipher-suites tls-min-version tls-private-key-file token-auth-file`),
	},
	controllerManager: {
		program: "kube-controller-manager",
		free: {
			...each(
				COUNT,
				`concurrent-deployment-syncs concurrent-endpoint-syncs concurrent-gc-syncs concurrent-job-syncs
				concurrent-namespace-syncs concurrent-replicaset-syncs concurrent-resource-quota-syncs
				concurrent-service-endpoint-syncs concurrent-service-syncs concurrent-serviceaccount-token-syncs
				concurrent-statefulset-syncs concurrent-ttl-after-finished-syncs large-cluster-size-threshold
				max-endpoints-per-slice`,
			),
			...each(
				DURATION,
				`horizontal-pod-autoscaler-cpu-initialization-period horizontal-pod-autoscaler-downscale-stabilization
				horizontal-pod-autoscaler-initial-readiness-delay horizontal-pod-autoscaler-sync-period min-resync-period
				namespace-sync-period node-monitor-grace-period node-monitor-period node-startup-grace-period
				resource-quota-sync-period`,
			),
			...each(duration({ least: 1 }), "attach-detach-reconcile-sync-period"),
			...each(
				number(),
				"horizontal-pod-autoscaler-tolerance node-eviction-rate secondary-node-eviction-rate unhealthy-zone-threshold",
			),
			// The lengths of nodes' pod networks have a check of their own.
			...each(TEXT, "controllers node-cidr-mask-size node-cidr-mask-size-ipv4 node-cidr-mask-size-ipv6"),
			...LOG,
			...CLIENT,
			...ELECTION,
		},
		decided: words(`allocate-node-cidrs authentication-kubeconfig authorization-kubeconfig bind-address client-ca-file
			cluster-cidr cluster-name cluster-signing-cert-file cluster-signing-duration cluster-signing-key-file
			cluster-signing-kube-apiserver-client-cert-file cluster-signing-kube-apiserver-client-key-file
			cluster-signing-kubelet-client-cert-file cluster-signing-kubelet-client-key-file
			cluster-signing-kubelet-serving-cert-file cluster-signing-kubelet-serving-key-file
			cluster-signing-legacy-unknown-cert-file cluster-signing-legacy-unknown-key-file feature-gates kubeconfig
			leader-elect profiling requestheader-client-ca-file root-ca-file service-account-private-key-file
			service-cluster-ip-range terminated-pod-gc-threshold tls-cipher-suites tls-min-version
			use-service-account-credentials`),
	},
	scheduler: {
		program: "kube-scheduler",
		free: LOG,
		decided: words(`authentication-kubeconfig authorization-kubeconfig bind-address client-ca-file config feature-gates
			kubeconfig leader-elect profiling requestheader-client-ca-file tls-cipher-suites tls-min-version`),
	},
	etcd: {
		program: "etcd",
		free: {
			...each(
				COUNT,
				`backend-batch-limit election-timeout heartbeat-interval max-concurrent-streams max-request-bytes max-txn-ops
				max-wals`,
			),
			...each(
				DURATION,
				`backend-batch-interval grpc-keepalive-interval grpc-keepalive-min-time grpc-keepalive-timeout
				warning-apply-duration watch-progress-notify-interval`,
			),
			...each(BOOLEAN, "pre-vote"),
			...each(choice("periodic", "revision"), "auto-compaction-mode"),
			...each(RETENTION, "auto-compaction-retention"),
			...each(choice("json", "console"), "log-format"),
			...each(choice("debug", "info", "warn", "error", "panic", "fatal"), "log-level"),
			...each(choice("basic", "extensive"), "metrics"),
		},
		decided: words(`advertise-client-urls auto-tls cert-file cipher-suites client-cert-auth data-dir feature-gates
			initial-advertise-peer-urls initial-cluster initial-cluster-state initial-cluster-token key-file
			listen-client-urls listen-metrics-urls listen-peer-urls name peer-auto-tls peer-cert-file
			peer-client-cert-auth peer-key-file peer-trusted-ca-file quota-backend-bytes tls-min-version trusted-ca-file`),
	},
	kubelet: {
		program: "kubelet",
		free: {
			...each(TEXT, "image-credential-provider-bin-dir image-credential-provider-config"),
			...VERBOSITY,
		},
		decided: words("config hostname-override kubeconfig node-ip node-labels bootstrap-kubeconfig"),
	},
};

function words(text: string): string[] {
	return text.split(/\s+/);
}

function each(form: ArgumentForm, names: string): Record<string, ArgumentForm> {
	return Object.fromEntries(words(names).map((name) => [name, form]));
}
