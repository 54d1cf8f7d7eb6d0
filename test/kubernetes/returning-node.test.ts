import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { kubernetes } from "@rollcall/test-support/part";
import { keepCluster } from "./keep-cluster.ts";
import { etcdParts, startControlPlane } from "./scene.ts";

const STRATEGIC = "application/strategic-merge-patch+json";
const DEAD_BOOT = "00000000-0000-4000-8000-00000000dead";

/** What a kubelet says of its node (core/v1 NodeStatus). */
function status(bootID: string, ready: boolean) {
	const nodeInfo = {
		machineID: bootID,
		systemUUID: bootID,
		bootID,
		kernelVersion: "6.17.0",
		osImage: "Fedora CoreOS",
		containerRuntimeVersion: "containerd://2.1.9",
		kubeletVersion: "v1.36.2",
		kubeProxyVersion: "",
		operatingSystem: "linux",
		architecture: "amd64",
	};
	const now = new Date().toISOString();
	const condition = {
		type: "Ready",
		status: ready ? "True" : "False",
		reason: ready ? "KubeletReady" : "KubeletNotReady",
		message: "played by a test",
		lastHeartbeatTime: now,
		lastTransitionTime: now,
	};
	return { nodeInfo, conditions: [condition] };
}

testNeeding(kubernetes("kube-apiserver", "kube-controller-manager"), ...(await etcdParts()))(
	"a real API server takes a machine's Node back from its next boot, and it has what is declared now",
	async (t) => {
		const running = await startControlPlane(t, ["kube-apiserver", "kube-controller-manager"]);
		const { api, scene } = running;
		const { nodeName, tree, identity } = scene;
		const admin = identity("super-admin");
		const pair = tree.at("/var/lib/kubelet/pki/kubelet-client-current.pem");
		const kubelet = { ca: admin.ca, cert: pair, key: pair };
		const node = `/api/v1/nodes/${nodeName}`;
		const live = async () => JSON.parse((await api(node, admin)).text);
		const patch = (body: unknown) => ({ method: "PATCH", body, type: STRATEGIC });

		// The boot that is over: registered under an earlier document, silent for long, a pod of its still bound to it.
		const object = {
			apiVersion: "v1",
			kind: "Node",
			metadata: {
				name: nodeName,
				labels: { "kubernetes.io/hostname": nodeName, "rollcall/slot": "earlier", theirs: "x" },
			},
			spec: { taints: [{ key: "theirs", effect: "NoSchedule" }] },
			status: status(DEAD_BOOT, true),
		};
		const registered = await api("/api/v1/nodes", kubelet, { method: "POST", body: object });
		t.is(registered.status, 201, registered.text);
		const unreachable = ["NoSchedule", "NoExecute"].map((effect) => ({
			key: "node.kubernetes.io/unreachable",
			effect,
		}));
		const { spec } = await live();
		const tainted = { spec: { taints: [...(spec.taints ?? []), ...unreachable] } };
		t.is((await api(node, admin, { ...patch(tainted), type: "application/merge-patch+json" })).status, 200);
		const pod = {
			apiVersion: "v1",
			kind: "Pod",
			metadata: { name: "of-the-dead-boot", namespace: "default" },
			spec: {
				nodeName,
				automountServiceAccountToken: false,
				tolerations: [{ operator: "Exists" }],
				containers: [{ name: "main", image: "registry.invalid/main:1" }],
			},
		};
		await eventually("the pod", async () => {
			const answer = await api("/api/v1/namespaces/default/pods", admin, { method: "POST", body: pod });
			if (answer.status !== 201) throw new Error(answer.text);
			return answer;
		});

		const recorded = await keepCluster(t, running);
		const seen = () => recorded("node-changed").at(-1)?.node;
		await eventually("the Node of an earlier boot", () => seen(), 60_000);
		t.like(seen(), { ready: false, reason: "its kubelet has not reported since the machine booted" });

		// The boot that lives, with kubelet's calls in their order: create, then read what is there, then its status.
		const refused = await api("/api/v1/nodes", kubelet, { method: "POST", body: object });
		t.is(refused.status, 409, refused.text);
		t.is((await api(node, kubelet)).status, 200);
		const [machine] = await scene.coordinator.machines();
		const { bootId } = (await scene.coordinator.machine(machine?.machineId ?? "")).facts;
		const began = performance.now();
		const reported = await api(`${node}/status`, kubelet, patch({ status: status(bootId, true) }));
		t.is(reported.status, 200, reported.text);
		await eventually("the Node of the boot that lives", () => seen()?.ready || undefined);
		t.log(`recorded ${Math.round(performance.now() - began)} ms after the kubelet's request began`);

		// The pod is its own again: it may be read, and its state be told.
		const pods = await api(`/api/v1/pods?fieldSelector=spec.nodeName%3D${nodeName}`, kubelet);
		t.is(pods.status, 200, pods.text);
		t.is(JSON.parse(pods.text).items.length, 1);
		const failed = patch({ status: { phase: "Failed", reason: "NodeRebooted" } });
		t.is((await api("/api/v1/namespaces/default/pods/of-the-dead-boot/status", kubelet, failed)).status, 200);

		const after = await eventually(
			"the Node as it is declared",
			async () => {
				const now = await live();
				const taints = (now.spec.taints ?? []).map(({ key }: { key: string }) => key).sort();
				const right =
					now.metadata.labels["rollcall/slot"] !== "earlier" && !taints.some((key: string) => /unreach/.test(key));
				const whole = taints.includes("node-role.kubernetes.io/control-plane") && now.spec.podCIDR !== undefined;
				return right && whole ? now : undefined;
			},
			60_000,
		);
		t.is(after.metadata.uid, JSON.parse(registered.text).metadata.uid);
		// Its share, which the coordinator dealt out.
		t.regex(after.spec.podCIDR, /^10\.254\.\d+\.0\/24$/);
		t.is(after.metadata.labels.theirs, "x");
		t.is(after.metadata.labels["node-role.kubernetes.io/control-plane"], "");
		t.true(after.spec.taints.some(({ key }: { key: string }) => key === "theirs"));

		// An API server that starts again is followed again.
		await running.restartApiServer();
		t.is((await api(`${node}/status`, kubelet, patch({ status: status(bootId, false) }))).status, 200);
		await eventually("the change after the restart", () => (seen()?.ready === false ? true : undefined), 60_000);
		t.is((await api(node, kubelet, { method: "DELETE", body: {} })).status, 403);
	},
);
