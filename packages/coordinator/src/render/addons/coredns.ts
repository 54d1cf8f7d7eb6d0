import type { ClusterDocument, Network } from "@rollcall/protocol";
import { clusterDns } from "../cluster-dns.ts";
import { imageOf } from "../images.ts";
import type { KubernetesVersion } from "../versions.ts";
import type { Manifest } from "./manifest.ts";

const NAME = "coredns";
const NAMESPACE = "kube-system";
/** The label by which everybody finds the cluster's DNS, whatever program it is. */
const LABELS = { "k8s-app": "kube-dns" } as const;
const RBAC = "rbac.authorization.k8s.io";

/** What CoreDNS is made from. */
export interface DnsAddOn {
	readonly document: ClusterDocument;
	readonly version: KubernetesVersion;
	readonly services: Network;
}

/** CoreDNS as kubeadm deploys it (cmd/kubeadm/app/phases/addons/dns/manifests.go), hardened, with probes of its own ports. */
export function coreDns(addOn: DnsAddOn): readonly Manifest[] {
	return [...identity(), configuration(addOn.document), deployment(addOn), service(addOn)];
}

function identity(): readonly Manifest[] {
	return [
		{ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: NAME, namespace: NAMESPACE } },
		{
			apiVersion: `${RBAC}/v1`,
			kind: "ClusterRole",
			metadata: { name: "system:coredns" },
			rules: [
				{ apiGroups: [""], resources: ["endpoints", "services", "pods", "namespaces"], verbs: ["list", "watch"] },
				{ apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
			],
		},
		{
			apiVersion: `${RBAC}/v1`,
			kind: "ClusterRoleBinding",
			metadata: { name: "system:coredns" },
			roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: "system:coredns" },
			subjects: [{ kind: "ServiceAccount", name: NAME, namespace: NAMESPACE }],
		},
	];
}

/** The Corefile. With `dnsServers: []` it asks nobody else, since it does not start without a server to ask. The only value in it is the DNS domain, which is a host name (the document's check). */
function configuration({ networks }: ClusterDocument): Manifest {
	const Corefile = [
		".:53 {",
		"    errors",
		"    health {",
		"       lameduck 5s",
		"    }",
		"    ready",
		`    kubernetes ${networks.dnsDomain} in-addr.arpa ip6.arpa {`,
		"       pods insecure",
		"       fallthrough in-addr.arpa ip6.arpa",
		"       ttl 30",
		"    }",
		"    prometheus :9153",
		...(networks.dnsServers?.length === 0
			? []
			: ["    forward . /etc/resolv.conf {", "       max_concurrent 1000", "    }"]),
		`    cache 30 {`,
		`       disable success ${networks.dnsDomain}`,
		`       disable denial ${networks.dnsDomain}`,
		"    }",
		"    loop",
		"    reload",
		"    loadbalance",
		"}",
		"",
	].join("\n");
	return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: NAME, namespace: NAMESPACE }, data: { Corefile } };
}

function deployment({ document, version }: DnsAddOn): Manifest {
	return {
		apiVersion: "apps/v1",
		kind: "Deployment",
		metadata: { name: NAME, namespace: NAMESPACE, labels: LABELS },
		spec: {
			replicas: 2,
			selector: { matchLabels: LABELS },
			strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1 } },
			template: {
				metadata: { labels: LABELS },
				spec: {
					// Two on one machine would be lost with it.
					affinity: {
						podAntiAffinity: {
							preferredDuringSchedulingIgnoredDuringExecution: [
								{
									weight: 100,
									podAffinityTerm: { labelSelector: { matchLabels: LABELS }, topologyKey: "kubernetes.io/hostname" },
								},
							],
						},
					},
					containers: [container(imageOf({ document, version }, "coredns"))],
					// The node's resolv.conf, which was composed for pods.
					dnsPolicy: "Default",
					nodeSelector: { "kubernetes.io/os": "linux" },
					priorityClassName: "system-cluster-critical",
					securityContext: { seccompProfile: { type: "RuntimeDefault" } },
					serviceAccountName: NAME,
					tolerations: [
						{ key: "CriticalAddonsOnly", operator: "Exists" },
						{ key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" },
					],
					volumes: [{ name: "config", configMap: { name: NAME, items: [{ key: "Corefile", path: "Corefile" }] } }],
				},
			},
		},
	};
}

function container(image: string) {
	const probe = (path: string, port: string) => ({ httpGet: { path, port, scheme: "HTTP" } });
	return {
		name: NAME,
		image,
		imagePullPolicy: "IfNotPresent",
		args: ["-conf", "/etc/coredns/Corefile"],
		livenessProbe: { ...probe("/health", "health"), initialDelaySeconds: 60, timeoutSeconds: 5, failureThreshold: 5 },
		readinessProbe: probe("/ready", "ready"),
		ports: [
			{ containerPort: 53, name: "dns", protocol: "UDP" },
			{ containerPort: 53, name: "dns-tcp", protocol: "TCP" },
			{ containerPort: 9153, name: "metrics", protocol: "TCP" },
			{ containerPort: 8080, name: "health", protocol: "TCP" },
			{ containerPort: 8181, name: "ready", protocol: "TCP" },
		],
		resources: { limits: { memory: "170Mi" }, requests: { cpu: "100m", memory: "70Mi" } },
		securityContext: {
			allowPrivilegeEscalation: false,
			capabilities: { add: ["NET_BIND_SERVICE"], drop: ["ALL"] },
			readOnlyRootFilesystem: true,
		},
		volumeMounts: [{ mountPath: "/etc/coredns", name: "config", readOnly: true }],
	};
}

function service({ document, services }: DnsAddOn): Manifest {
	const port = (name: string, at: number, protocol: string, targetPort: string) => ({
		name,
		port: at,
		protocol,
		targetPort,
	});
	return {
		apiVersion: "v1",
		kind: "Service",
		metadata: {
			annotations: { "prometheus.io/port": "9153", "prometheus.io/scrape": "true" },
			labels: {
				...LABELS,
				"kubernetes.io/cluster-service": "true",
				"kubernetes.io/name": "CoreDNS",
			},
			// Not after the program: pods and people look for this name.
			name: "kube-dns",
			namespace: NAMESPACE,
		},
		spec: {
			clusterIP: clusterDns(services),
			...(document.networks.second ? { ipFamilyPolicy: "PreferDualStack" } : {}),
			ports: [
				port("dns", 53, "UDP", "dns"),
				port("dns-tcp", 53, "TCP", "dns-tcp"),
				port("metrics", 9153, "TCP", "metrics"),
			],
			selector: LABELS,
		},
	};
}
