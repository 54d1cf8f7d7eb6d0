import { NODE_PATHS } from "./node-paths.ts";
import { yamlText } from "./yaml-text.ts";

/** A folder or file of the node inside a pod. Read-only unless said otherwise. */
export interface HostPath {
	readonly name: string;
	readonly path: string;
	readonly type: "Directory" | "DirectoryOrCreate" | "File" | "FileOrCreate";
	readonly writable?: boolean;
}

/** An HTTP check of a container, on the node's own network (core/v1 HTTPGetAction). */
export interface HttpCheck {
	readonly host: string;
	readonly port: number;
	readonly path: string;
	readonly scheme: "HTTP" | "HTTPS";
}

/** A static pod with one container on the host's network: all that a control plane needs. */
export interface StaticPod {
	readonly name: string;
	readonly annotations?: Readonly<Record<string, string>>;
	readonly image: string;
	readonly command: readonly string[];
	readonly liveness: HttpCheck;
	readonly readiness?: HttpCheck;
	readonly requests: { readonly cpu: string; readonly memory: string };
	readonly hostPaths: readonly HostPath[];
	/** Capabilities that stay; all others are dropped. */
	readonly capabilities?: readonly string[];
	readonly graceSeconds?: number;
}

/** `system-node-critical`, as the number that the API server would give (static pods skip admission). */
const NODE_CRITICAL = 2_000_001_000;

/** The manifest of a static pod, in kubeadm's form: no reference to any API object, since none exists yet. */
export function staticPodText(pod: StaticPod): string {
	const check = ({ host, port, path, scheme }: HttpCheck) => ({ host, path, port, scheme });
	return yamlText({
		apiVersion: "v1",
		kind: "Pod",
		metadata: {
			...(pod.annotations ? { annotations: pod.annotations } : {}),
			labels: { component: pod.name, tier: "control-plane" },
			name: pod.name,
			namespace: "kube-system",
		},
		spec: {
			containers: [
				{
					command: pod.command,
					image: pod.image,
					imagePullPolicy: "IfNotPresent",
					livenessProbe: {
						failureThreshold: 8,
						httpGet: check(pod.liveness),
						initialDelaySeconds: 10,
						periodSeconds: 10,
						timeoutSeconds: 15,
					},
					name: pod.name,
					...(pod.readiness
						? {
								readinessProbe: {
									failureThreshold: 3,
									httpGet: check(pod.readiness),
									periodSeconds: 1,
									timeoutSeconds: 15,
								},
							}
						: {}),
					resources: { requests: pod.requests },
					securityContext: {
						allowPrivilegeEscalation: false,
						capabilities: { drop: ["ALL"], ...(pod.capabilities ? { add: pod.capabilities } : {}) },
						readOnlyRootFilesystem: true,
						seccompProfile: { type: "RuntimeDefault" },
					},
					startupProbe: {
						failureThreshold: 24,
						httpGet: check(pod.liveness),
						initialDelaySeconds: 1,
						periodSeconds: 5,
						timeoutSeconds: 15,
					},
					terminationMessagePolicy: "FallbackToLogsOnError",
					volumeMounts: pod.hostPaths.map(({ name, path, writable }) => ({
						mountPath: path,
						name,
						readOnly: writable !== true,
					})),
				},
			],
			automountServiceAccountToken: false,
			enableServiceLinks: false,
			hostNetwork: true,
			priority: NODE_CRITICAL,
			priorityClassName: "system-node-critical",
			restartPolicy: "Always",
			securityContext: { seccompProfile: { type: "RuntimeDefault" } },
			...(pod.graceSeconds === undefined ? {} : { terminationGracePeriodSeconds: pod.graceSeconds }),
			volumes: pod.hostPaths.map(({ name, path, type }) => ({ hostPath: { path, type }, name })),
		},
	});
}

/** Where the manifest of a static pod lies. */
export function manifestPath(name: string): string {
	return `${NODE_PATHS.manifests}/${name}.yaml`;
}

/** A command line: the program, then `--key=value`; `extra` wins over `own`. */
export function commandOf(
	program: string,
	own: Readonly<Record<string, string>>,
	extra: Readonly<Record<string, string>>,
): string[] {
	return [program, ...Object.entries({ ...own, ...extra }).map(([key, value]) => `--${key}=${value}`)];
}
