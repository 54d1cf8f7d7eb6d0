import type { Manifest } from "../manifest.ts";
import { CALICO_ACCOUNTS } from "./rights.ts";

const NAME = CALICO_ACCOUNTS.controllers;
const LABELS = { "k8s-app": NAME } as const;

/** What looks after addresses that nodes and pods left behind. One at a time: a second one would work against it. */
export function calicoControllers(image: string): Manifest {
	// Its health is in a file, which its own program reads.
	const check = (what: "-l" | "-r") => ({ exec: { command: ["/usr/bin/check-status", what] }, periodSeconds: 10 });
	return {
		apiVersion: "apps/v1",
		kind: "Deployment",
		metadata: { name: NAME, namespace: "kube-system", labels: LABELS },
		spec: {
			replicas: 1,
			selector: { matchLabels: LABELS },
			strategy: { type: "Recreate" },
			template: {
				metadata: { labels: LABELS },
				spec: {
					containers: [
						{
							name: NAME,
							image,
							imagePullPolicy: "IfNotPresent",
							env: [
								{ name: "ENABLED_CONTROLLERS", value: "node" },
								{ name: "DATASTORE_TYPE", value: "kubernetes" },
							],
							livenessProbe: { ...check("-l"), initialDelaySeconds: 10, failureThreshold: 6, timeoutSeconds: 10 },
							readinessProbe: { ...check("-r"), timeoutSeconds: 10 },
							resources: { requests: { cpu: "20m", memory: "64Mi" } },
							securityContext: {
								allowPrivilegeEscalation: false,
								capabilities: { drop: ["ALL"] },
								readOnlyRootFilesystem: true,
								runAsNonRoot: true,
								runAsUser: 999,
							},
							volumeMounts: [{ mountPath: "/status", name: "status" }],
						},
					],
					nodeSelector: { "kubernetes.io/os": "linux" },
					priorityClassName: "system-cluster-critical",
					securityContext: { seccompProfile: { type: "RuntimeDefault" } },
					serviceAccountName: NAME,
					tolerations: [
						{ key: "CriticalAddonsOnly", operator: "Exists" },
						{ key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" },
					],
					volumes: [{ name: "status", emptyDir: { sizeLimit: "1Mi" } }],
				},
			},
		},
	};
}
