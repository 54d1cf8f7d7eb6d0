import type { Kubernetes } from "@rollcall/protocol";

/** Components that take extra arguments. */
export type ArgumentOwner = keyof Kubernetes["extraArguments"];

/** What an operator may set for a component, and what follows from the rest of the document. */
export interface KnownArguments {
	readonly program: string;
	/** Tuning only: nothing that opens a door, and nothing that Kubernetes 1.34 to 1.36 do not know or call deprecated. */
	readonly free: readonly string[];
	/** Set by rollcall; another value would contradict the document or a CIS rule. */
	readonly decided: readonly string[];
}

const LOG = ["v", "vmodule", "logging-format"];
const CLIENT = ["kube-api-qps", "kube-api-burst", "kube-api-content-type"];
const ELECTION = ["leader-elect-lease-duration", "leader-elect-renew-deadline", "leader-elect-retry-period"];

/** The arguments of each component, from the reference pages of the components and etcd's configuration options. */
export const KNOWN_ARGUMENTS: Readonly<Record<ArgumentOwner, KnownArguments>> = {
	apiServer: {
		program: "kube-apiserver",
		free: words(`audit-log-batch-buffer-size audit-log-batch-max-size audit-log-mode audit-log-truncate-enabled
			default-not-ready-toleration-seconds default-unreachable-toleration-seconds default-watch-cache-size
			delete-collection-workers enable-aggregator-routing enable-priority-and-fairness etcd-compaction-interval
			etcd-count-metric-poll-period event-ttl external-hostname goaway-chance http2-max-streams-per-connection
			lease-reuse-duration-seconds livez-grace-period max-mutating-requests-inflight max-requests-inflight
			min-request-timeout request-timeout runtime-config service-account-max-token-expiration
			service-node-port-range shutdown-delay-duration shutdown-send-retry-after storage-media-type
			strict-transport-security-directives watch-cache watch-cache-sizes`).concat(LOG),
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
		free: words(`attach-detach-reconcile-sync-period concurrent-deployment-syncs
			concurrent-endpoint-syncs concurrent-gc-syncs concurrent-job-syncs concurrent-namespace-syncs
			concurrent-replicaset-syncs concurrent-resource-quota-syncs concurrent-service-endpoint-syncs
			concurrent-service-syncs concurrent-serviceaccount-token-syncs concurrent-statefulset-syncs
			concurrent-ttl-after-finished-syncs controllers horizontal-pod-autoscaler-cpu-initialization-period
			horizontal-pod-autoscaler-downscale-stabilization horizontal-pod-autoscaler-initial-readiness-delay
			horizontal-pod-autoscaler-sync-period horizontal-pod-autoscaler-tolerance large-cluster-size-threshold
			max-endpoints-per-slice min-resync-period namespace-sync-period node-cidr-mask-size
			node-cidr-mask-size-ipv4 node-cidr-mask-size-ipv6 node-eviction-rate node-monitor-grace-period
			node-monitor-period node-startup-grace-period resource-quota-sync-period secondary-node-eviction-rate
			unhealthy-zone-threshold`).concat(LOG, CLIENT, ELECTION),
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
		free: words(`auto-compaction-mode auto-compaction-retention backend-batch-interval backend-batch-limit
			election-timeout grpc-keepalive-interval grpc-keepalive-min-time grpc-keepalive-timeout heartbeat-interval
			log-format log-level max-concurrent-streams max-request-bytes max-txn-ops max-wals metrics
			pre-vote warning-apply-duration watch-progress-notify-interval`),
		decided: words(`advertise-client-urls auto-tls cert-file cipher-suites client-cert-auth data-dir feature-gates
			initial-advertise-peer-urls initial-cluster initial-cluster-state initial-cluster-token key-file
			listen-client-urls listen-metrics-urls listen-peer-urls name peer-auto-tls peer-cert-file
			peer-client-cert-auth peer-key-file peer-trusted-ca-file quota-backend-bytes tls-min-version trusted-ca-file`),
	},
	kubelet: {
		program: "kubelet",
		free: words("image-credential-provider-bin-dir image-credential-provider-config v vmodule"),
		decided: words("config hostname-override kubeconfig node-ip node-labels bootstrap-kubeconfig"),
	},
};

function words(text: string): string[] {
	return text.split(/\s+/);
}
