import { NODE_PATHS } from "./node-paths.ts";
import { yamlText } from "./yaml-text.ts";

/** A folder or file of the node inside a pod. Read-only unless said otherwise. `at` is its path inside, the same by default. */
export interface HostPath {
	readonly name: string;
	readonly path: string;
	readonly type: "Directory" | "DirectoryOrCreate" | "File" | "FileOrCreate";
	readonly writable?: boolean;
	readonly at?: string;
}

/** An HTTP check of a container, on the node's own network (core/v1 HTTPGetAction). */
interface HttpCheck {
	readonly host: string;
	readonly port: number;
	readonly path: string;
	readonly scheme: "HTTP" | "HTTPS";
}

/** What a container may do: nothing but the capabilities named, or everything. */
type Rights = { readonly capabilities: readonly string[] } | "privileged";

/** A static pod with one lasting container on the host's network: all that a node needs. */
export interface StaticPod {
	readonly name: string;
	/** `control-plane` or `node`, as kubeadm's label `tier` has it. */
	readonly tier: "control-plane" | "node";
	readonly annotations?: Readonly<Record<string, string>>;
	readonly image: string;
	readonly command: readonly string[];
	readonly environment?: Readonly<Record<string, string>>;
	readonly liveness: HttpCheck;
	readonly readiness?: HttpCheck;
	readonly requests: { readonly cpu: string; readonly memory: string };
	readonly hostPaths: readonly HostPath[];
	/** None by default. */
	readonly rights?: Rights;
	/**
	 * The container may write to its own file system, for images whose iptables is kubernetes-sigs/iptables-wrappers: at its first
	 * call that replaces itself by links to the node's kind of iptables. Where it cannot, each call goes on through it, and loses
	 * what iptables-restore is to read.
	 */
	readonly writableRoot?: true;
	readonly graceSeconds?: number;
	/** A program that runs to its end before the container; it gets all host paths, and those that are its own. */
	readonly before?:
		| {
				readonly name: string;
				readonly image: string;
				readonly command: readonly string[];
				readonly hostPaths?: readonly HostPath[];
		  }
		| undefined;
}

/** `system-node-critical`, as the number that the API server would give (static pods skip admission). */
const NODE_CRITICAL = 2_000_001_000;

/** The manifest of a static pod, in kubeadm's form: no reference to any API object, since none exists yet. */
export function staticPodText(pod: StaticPod): string {
	return yamlText(staticPod(pod));
}

function staticPod(pod: StaticPod) {
	return {
		apiVersion: "v1",
		kind: "Pod",
		metadata: {
			...(pod.annotations ? { annotations: pod.annotations } : {}),
			labels: { component: pod.name, tier: pod.tier },
			name: pod.name,
			namespace: "kube-system",
		},
		spec: {
			...(pod.before ? { initContainers: [initContainer(pod, pod.before)] } : {}),
			containers: [container(pod)],
			automountServiceAccountToken: false,
			enableServiceLinks: false,
			hostNetwork: true,
			priority: NODE_CRITICAL,
			priorityClassName: "system-node-critical",
			restartPolicy: "Always",
			securityContext: { seccompProfile: { type: "RuntimeDefault" } },
			...(pod.graceSeconds === undefined ? {} : { terminationGracePeriodSeconds: pod.graceSeconds }),
			volumes: [...pod.hostPaths, ...(pod.before?.hostPaths ?? [])].map(({ name, path, type }) => ({
				hostPath: { path, type },
				name,
			})),
		},
	};
}

function container(pod: StaticPod) {
	const environment = Object.entries(pod.environment ?? {}).map(([name, value]) => ({ name, value }));
	const liveness = httpGet(pod.liveness);
	const readiness = pod.readiness && httpGet(pod.readiness);
	return {
		command: pod.command,
		...(environment.length > 0 ? { env: environment } : {}),
		image: pod.image,
		imagePullPolicy: "IfNotPresent",
		livenessProbe: { failureThreshold: 8, ...liveness, initialDelaySeconds: 10, periodSeconds: 10, timeoutSeconds: 15 },
		name: pod.name,
		...(readiness
			? { readinessProbe: { failureThreshold: 3, ...readiness, periodSeconds: 1, timeoutSeconds: 15 } }
			: {}),
		resources: { requests: pod.requests },
		securityContext: securityContext(pod.rights ?? { capabilities: [] }, pod.writableRoot),
		startupProbe: { failureThreshold: 24, ...liveness, initialDelaySeconds: 1, periodSeconds: 5, timeoutSeconds: 15 },
		terminationMessagePolicy: "FallbackToLogsOnError",
		volumeMounts: mounts(pod.hostPaths),
	};
}

function initContainer(pod: StaticPod, before: NonNullable<StaticPod["before"]>) {
	return {
		command: before.command,
		image: before.image,
		imagePullPolicy: "IfNotPresent",
		name: before.name,
		resources: { requests: { cpu: "10m", memory: "16Mi" } },
		securityContext: securityContext({ capabilities: [] }),
		volumeMounts: mounts([...pod.hostPaths, ...(before.hostPaths ?? [])]),
	};
}

function securityContext(rights: Rights, writableRoot = false) {
	const readOnlyRootFilesystem = !writableRoot;
	if (rights === "privileged") return { privileged: true, readOnlyRootFilesystem };
	return {
		allowPrivilegeEscalation: false,
		capabilities: { drop: ["ALL"], ...(rights.capabilities.length > 0 ? { add: rights.capabilities } : {}) },
		readOnlyRootFilesystem,
		seccompProfile: { type: "RuntimeDefault" },
	};
}

function httpGet({ host, port, path, scheme }: HttpCheck) {
	return { httpGet: { host, path, port, scheme } };
}

function mounts(hostPaths: readonly HostPath[]) {
	return hostPaths.map(({ name, path, at, writable }) => ({
		mountPath: at ?? path,
		name,
		readOnly: writable !== true,
	}));
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
