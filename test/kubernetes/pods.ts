import type { RealCluster } from "./real-cluster.ts";

/** Where a pod that serves is reached on its node. */
export const HOST_PORT = 8088;
/** Where the pods of a trial run: a port of the node is more than the cluster's default for namespaces lets pods have. */
export const ROOM = {
	apiVersion: "v1",
	kind: "Namespace",
	metadata: { name: "room", labels: { "pod-security.kubernetes.io/enforce": "privileged" } },
} as const;
const ANYWHERE = [{ operator: "Exists" }];

/** Busybox under the name of what holds a pod's namespaces: the one image with a shell that every node has. */
const container = ({ images }: RealCluster, script: string) => ({
	name: "main",
	image: images.get("pause"),
	command: ["/bin/busybox", "sh", "-c", script],
});

/** A pod on this node that answers `hello` on port 8080, and on `HOST_PORT` of its node. */
export function serverPod(cluster: RealCluster, nodeName: string | undefined) {
	const script = "busybox echo hello > /tmp/index.html; busybox httpd -f -p 8080 -h /tmp";
	return {
		apiVersion: "v1",
		kind: "Pod",
		metadata: { name: "server", namespace: ROOM.metadata.name },
		spec: {
			nodeName,
			tolerations: ANYWHERE,
			containers: [{ ...container(cluster, script), ports: [{ containerPort: 8080, hostPort: HOST_PORT }] }],
		},
	};
}

/** A pod that reaches the API by its service address, then the server's pod; it writes `reached` and `hello`. */
export function callerPod(cluster: RealCluster, server: string, anywhere: boolean) {
	const script =
		"busybox nc -w 20 $KUBERNETES_SERVICE_HOST $KUBERNETES_SERVICE_PORT < /dev/null && busybox echo reached; " +
		`until busybox wget -q -O - http://${server}:8080/index.html; do busybox sleep 1; done`;
	return {
		apiVersion: "v1",
		kind: "Pod",
		metadata: { name: "caller", namespace: ROOM.metadata.name },
		spec: {
			restartPolicy: "Never",
			...(anywhere ? { tolerations: ANYWHERE } : {}),
			containers: [container(cluster, script)],
		},
	};
}

/** One pod that has to run on some worker, whatever becomes of the machine below it (apps/v1). */
export function movingDeployment(cluster: RealCluster) {
	const labels = { app: "moving" };
	return {
		apiVersion: "apps/v1",
		kind: "Deployment",
		metadata: { name: "moving", namespace: ROOM.metadata.name },
		spec: {
			replicas: 1,
			selector: { matchLabels: labels },
			template: {
				metadata: { labels },
				spec: { terminationGracePeriodSeconds: 1, containers: [container(cluster, "exec busybox sleep 1000000000")] },
			},
		},
	};
}

/** A pod with an address of its own on each worker, which a drain leaves where it is (apps/v1). */
export function daemonSet(cluster: RealCluster) {
	const labels = { app: "daemon" };
	return {
		apiVersion: "apps/v1",
		kind: "DaemonSet",
		metadata: { name: "daemon", namespace: ROOM.metadata.name },
		spec: {
			selector: { matchLabels: labels },
			template: {
				metadata: { labels },
				spec: { terminationGracePeriodSeconds: 1, containers: [container(cluster, "exec busybox sleep 1000000000")] },
			},
		},
	};
}
