import type { TargetContent } from "@rollcall/protocol";
import yaml from "js-yaml";
import { renderTarget } from "../../src/render/render-target.ts";
import { documentOf, fleetOf, labFacts } from "./fleet-of.ts";

/** A rendered tree, read back the way that Kubernetes reads it. */
export interface NodeTree {
	readonly content: TargetContent;
	readonly modeOf: (path: string) => string | undefined;
	readonly yaml: (path: string) => Record<string, unknown>;
	readonly text: (path: string) => string;
	/** Arguments of a static pod's container, by name without dashes. */
	readonly arguments: (pod: string) => Record<string, string>;
	readonly pods: readonly { readonly path: string; readonly pod: Pod }[];
	/** Flags of kubelet's unit. */
	readonly kubeletFlags: Record<string, string>;
}

/** A pod as far as tests look into it. */
export interface Pod {
	readonly metadata: { readonly name: string };
	readonly spec: {
		readonly containers: readonly Container[];
		readonly initContainers?: readonly Container[];
		readonly volumes: readonly { readonly name: string; readonly hostPath: { readonly path: string } }[];
		readonly [field: string]: unknown;
	};
}
interface Container {
	readonly name: string;
	readonly image: string;
	readonly command: readonly string[];
	readonly securityContext: {
		readonly privileged?: boolean;
		readonly allowPrivilegeEscalation?: boolean;
		readonly readOnlyRootFilesystem?: boolean;
		readonly capabilities?: { readonly drop: readonly string[]; readonly add?: readonly string[] };
		readonly seccompProfile?: { readonly type: string };
	};
	readonly resources: { readonly requests: Record<string, string> };
	readonly volumeMounts: readonly { readonly mountPath: string; readonly readOnly: boolean; readonly name: string }[];
}

/** Renders the seat of the given role of a document that has only what must be there, and what `kubernetes` adds to that field. */
export function nodeTree(role: "control-plane" | "worker" | "etcd", version = "1.36", kubernetes = ""): NodeTree {
	const document = documentOf(`apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "${version}"${kubernetes} }
slots:
  - { name: control, role: control-plane, count: 1 }
  - { name: workers, role: worker, count: 1 }
${role === "etcd" ? "  - { name: etcd, role: etcd, count: 1 }" : ""}
`);
	const { fleet, seated } = fleetOf(document, [labFacts(0), labFacts(1), labFacts(2)]);
	const place = seated.find(({ seat }) => seat.role === role);
	if (!place) throw new Error(`no seat for ${role}`);
	const rendered = renderTarget(fleet, place.machine, place.seat);
	if (!rendered.ok) throw new Error(rendered.reason);
	return readTree(rendered.content);
}

/** Reads a target's files back. */
export function readTree(content: TargetContent): NodeTree {
	const find = (path: string) => content.files.find((file) => file.path === path);
	const text = (path: string): string => {
		const file = find(path);
		if (!file) throw new Error(`the target has no ${path}`);
		return file.content;
	};
	const read = (path: string) => yaml.load(text(path)) as Record<string, unknown>;
	const pods = content.files
		.filter(({ path }) => path.startsWith("/etc/kubernetes/manifests/"))
		.map(({ path }) => ({ path, pod: read(path) as unknown as Pod }));
	const unit = find("/run/systemd/system/kubelet.service")?.content ?? "";
	return {
		content,
		modeOf: (path) => find(path)?.mode,
		text,
		yaml: read,
		pods,
		arguments: (name) =>
			flagsOf(pods.find(({ pod }) => pod.metadata.name === name)?.pod.spec.containers[0]?.command ?? []),
		kubeletFlags: flagsOf(/^ExecStart=(.*)$/m.exec(unit)?.[1]?.split(" ") ?? []),
	};
}

function flagsOf(command: readonly string[]): Record<string, string> {
	return Object.fromEntries(
		command
			.filter((word) => word.startsWith("--"))
			.map((word) => {
				const at = word.indexOf("=");
				return at < 0 ? [word.slice(2), ""] : [word.slice(2, at), word.slice(at + 1)];
			}),
	);
}
