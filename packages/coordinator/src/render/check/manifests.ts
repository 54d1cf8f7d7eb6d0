import type { ClusterDocument } from "@rollcall/protocol";
import type { Manifest } from "../addons/manifest.ts";
import { imageOf } from "../images.ts";
import { findVersion } from "../versions.ts";
import { askingScript, type Question } from "./script.ts";

/** Where everything of a check lies. */
export const CHECK_NAMESPACE = "rollcall-check";
/** By which a namespace of this name is known to be ours. */
export const CHECK_OWNER = { "app.kubernetes.io/managed-by": "rollcall" } as const;
/** The service before all pods that serve. */
export const CHECK_SERVICE = "serve";
/** What the pods serve on. */
export const CHECK_PORT = 8080;
const SERVES = { "rollcall/check": "serve" } as const;
/** Nobody's user, without a right to anything. */
const USER = 65_532;

/** The namespace, with the strictest of Kubernetes' own rules for pods. */
export function checkNamespace(): Manifest {
	const labels = { ...CHECK_OWNER, "pod-security.kubernetes.io/enforce": "restricted" };
	return { apiVersion: "v1", kind: "Namespace", metadata: { name: CHECK_NAMESPACE, labels } };
}

/** A pod that serves its node's name as a page, on one node. */
export function servingPod(document: ClusterDocument, node: string): Manifest {
	const script = `echo "$NODE" > /tmp/name; exec httpd -f -p ${CHECK_PORT} -h /tmp`;
	return pod(document, { name: `serve-${node}`, node, labels: SERVES, script, restart: "Always" });
}

/** One service before all of them, also on a port of every node. */
export function checkService(): Manifest {
	const metadata = { name: CHECK_SERVICE, namespace: CHECK_NAMESPACE };
	const ports = [{ name: "http", port: 80, targetPort: CHECK_PORT, protocol: "TCP" }];
	return { apiVersion: "v1", kind: "Service", metadata, spec: { type: "NodePort", selector: SERVES, ports } };
}

/** A pod that asks from one node, and ends. */
export function askingPod(document: ClusterDocument, node: string, questions: readonly Question[]): Manifest {
	return pod(document, { name: `ask-${node}`, node, script: askingScript(questions), restart: "Never" });
}

/** A claim of the declared class, and pods that write to it on one node and read it on another. */
export function volumeClaim(storageClass: string): Manifest {
	const metadata = { name: "shared", namespace: CHECK_NAMESPACE };
	const resources = { requests: { storage: "1Mi" } };
	const spec = { accessModes: ["ReadWriteMany"], storageClassName: storageClass, resources };
	return { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata, spec };
}

/** `word`: what is written, and expected when it is read. */
export function volumePod(document: ClusterDocument, node: string, does: "write" | "read", word: string): Manifest {
	const work = does === "write" ? `echo '${word}' > /data/word && sync` : `[ "$(cat /data/word)" = '${word}' ]`;
	const script = `if ${work} 2>/tmp/volume; then echo "rollcall-check ${does} ok"; else echo "rollcall-check ${does} no $(tail -n 1 /tmp/volume)"; fi; echo "rollcall-check end"`;
	return pod(document, { name: `${does}-${node}`, node, script, restart: "Never", claim: "shared" });
}

interface PodWish {
	readonly name: string;
	readonly node: string;
	readonly labels?: Readonly<Record<string, string>>;
	readonly script: string;
	readonly restart: "Always" | "Never";
	readonly claim?: string;
}

function pod(document: ClusterDocument, { name, node, labels, script, restart, claim }: PodWish): Manifest {
	const version = findVersion(document.kubernetes.version);
	if (!version) throw new Error(`Kubernetes ${document.kubernetes.version} is not known`);
	// As pods of daemon sets are bound: by the scheduler, to this node alone, whatever keeps others away.
	const onNode = { matchFields: [{ key: "metadata.name", operator: "In", values: [node] }] };
	const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [onNode] } };
	const volumes = [
		{ name: "tmp", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
		...(claim === undefined ? [] : [{ name: "data", persistentVolumeClaim: { claimName: claim } }]),
	];
	return {
		apiVersion: "v1",
		kind: "Pod",
		metadata: { name, namespace: CHECK_NAMESPACE, ...(labels ? { labels } : {}) },
		spec: {
			affinity: { nodeAffinity },
			tolerations: [{ operator: "Exists" }],
			automountServiceAccountToken: false,
			// Values of other services are nobody's business here.
			enableServiceLinks: false,
			restartPolicy: restart,
			terminationGracePeriodSeconds: 1,
			securityContext: {
				runAsNonRoot: true,
				runAsUser: USER,
				runAsGroup: USER,
				fsGroup: USER,
				seccompProfile: { type: "RuntimeDefault" },
			},
			containers: [
				{
					name: "check",
					image: imageOf({ document, version }, "check"),
					imagePullPolicy: "IfNotPresent",
					command: ["/bin/sh", "-c", script],
					env: [{ name: "NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }],
					resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "64Mi" } },
					securityContext: {
						allowPrivilegeEscalation: false,
						readOnlyRootFilesystem: true,
						capabilities: { drop: ["ALL"] },
					},
					volumeMounts: [
						{ name: "tmp", mountPath: "/tmp" },
						...(claim === undefined ? [] : [{ name: "data", mountPath: "/data" }]),
					],
				},
			],
			volumes,
		},
	};
}
