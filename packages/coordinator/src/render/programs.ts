import {
	type Artifact,
	type ClusterDocument,
	type Facts,
	ownValue,
	type ProgramArtifact,
	type ProgramSource,
} from "@rollcall/protocol";
import { leftToArtifacts } from "./addons/calico/cni.ts";
import { archivesFor } from "./archives-for.ts";
import { kernelModules } from "./kernel.ts";
import { misfitOf, ownPrograms } from "./own-programs.ts";

/** Programs that a target calls by their path. */
export type CalledProgram = "containerd" | "ctr" | "kubelet";

/** What decides where a program is. */
interface Place {
	readonly document: Pick<ClusterDocument, "kubernetes">;
	readonly facts: Known;
}
type Known = Pick<Facts, "programs"> & Partial<Pick<Facts, "cpu" | "bridgeTool">>;

/** Where containerd looks for plugins of the pod network (its default `bin_dir`). */
const PLUGINS = "/opt/cni/bin";

/** Where systemd looks for programs (systemd.exec(5), `Environment=`). */
const SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What the document has fetched goes before what the operating system has; where nobody looked, it is in the usual place. */
export function programPath({ document, facts }: Place, name: CalledProgram): string {
	return broughtPath(document, facts, name) ?? ownPath(facts, name) ?? `/usr/bin/${name}`;
}

/** The file of such a program where an artifact brings it, for a unit that is to start anew when another one comes in its place; none where it is the system's. */
export function startsAnewFor({ document, facts }: Place, name: CalledProgram): readonly string[] {
	const path = broughtPath(document, facts, name);
	return path === undefined ? [] : [path];
}

/** Where runc is, if containerd would not find it by itself: in a folder that is not in the search path of systemd's units. */
export function hiddenRunc({ document, facts }: Place): string | undefined {
	const path = broughtPath(document, facts, "runc") ?? ownPath(facts, "runc");
	return path === undefined || /^(?:\/usr(?:\/local)?)?\/s?bin\/runc$/.test(path) ? undefined : path;
}

/**
 * Where containerd is to look for its shim and other programs, if the operating system has a shim of its own that systemd's search path would lead to
 * before the one that was brought with containerd.
 */
export function shimPath({ document, facts }: Place): string | undefined {
	const path = broughtPath(document, facts, "containerd");
	if (path === undefined || ownPath(facts, "containerd-shim-runc-v2") === undefined) return undefined;
	return `${path.slice(0, path.lastIndexOf("/"))}:${SEARCH_PATH}`;
}

/**
 * What a machine lacks of that which its target calls, and no artifact of the target brings; undefined where nothing is known
 * to be missing. Older agents and rehearsals tell no programs, and nothing is held against them.
 */
export function lackingParts(
	role: string,
	document: Pick<ClusterDocument, "kubernetes" | "volumes" | "images">,
	facts: Known & Pick<Facts, "modules">,
): string | undefined {
	const lacking = [...lackingPrograms(role, document, facts), ...lackingModules(document, facts)];
	if (lacking.length === 0) return undefined;
	return `the machine lacks ${lacking.join(", ")}, which the role ${role} needs; bring programs as kubernetes.artifacts, or boot a system that has them`;
}

function lackingPrograms(
	role: string,
	document: Pick<ClusterDocument, "kubernetes" | "images">,
	facts: Known,
): string[] {
	const { programs } = facts;
	if (!programs) return [];
	const called = calledPrograms(role, document, facts);
	const { version } = document.kubernetes;
	const found = new Set(ownPrograms(facts, version).map(({ name }) => name));
	const missing = called
		.filter((name) => !found.has(name) && broughtPath(document, facts, name) === undefined)
		.map((name) => {
			const misfit = misfitOf(facts, name, version);
			return misfit === undefined ? name : `${name} (${misfit})`;
		});
	// One day a machine behind a router joins, and each node needs its end of the tunnel.
	if (facts.bridgeTool === false && isRouted(role, document)) missing.push("bridge (of iproute2)");
	const plugins = pluginsOf(role, document)
		.filter((name) => !programs.some((one) => one.path === `${PLUGINS}/${name}`))
		.filter((name) => !brought(document, facts).some((path) => path === `${PLUGINS}/${name}`));
	return [...missing, ...(plugins.length > 0 ? [`the CNI plugins ${plugins.join(", ")} in ${PLUGINS}`] : [])];
}

/** What is called on a node of a built-in role, besides plugins. */
function calledPrograms(
	role: string,
	{ kubernetes, images }: Pick<ClusterDocument, "kubernetes" | "images">,
	{ programs = [], cpu }: Known,
): readonly string[] {
	return [
		...["containerd", "runc", "kubelet"],
		// The agent sets routes by it; and by one of the others what leaves has the node's address.
		...(isRouted(role, { kubernetes }) ? ["ip", programs.some(({ name }) => name === "nft") ? "nft" : "iptables"] : []),
		...(archivesFor(role, images, { ...(cpu ? { cpu } : {}) }).length > 0 ? ["ctr"] : []),
	];
}

/** Whether the agent brings packets to the pods of other nodes, by ip(8) and bridge(8). */
function isRouted(role: string, { kubernetes }: Pick<ClusterDocument, "kubernetes">): boolean {
	return role !== "etcd" && kubernetes.podNetwork === "routed";
}

/** Who brings what a role has on a machine: first the artifacts, then what a built-in role calls of the operating system. */
export function programSources(
	role: string,
	document: Pick<ClusterDocument, "kubernetes" | "images" | "roles">,
	facts: Known,
): ProgramSource[] {
	const definition = ownValue(document.roles, role);
	const paths = chosenArtifacts(definition ?? document.kubernetes, facts).flatMap(placesOf);
	const names = new Set(paths.map(nameOf));
	const called = definition
		? []
		: [
				...calledPrograms(role, document, facts).map((name) => ownPath(facts, name)),
				...pluginsOf(role, document).map(
					(name) => facts.programs?.find(({ path }) => path === `${PLUGINS}/${name}`)?.path,
				),
			];
	const own = called.filter((path) => path !== undefined).filter((path) => !names.has(nameOf(path)));
	return [
		...paths.map((path) => {
			const instead = definition ? undefined : misfitOf(facts, nameOf(path), document.kubernetes.version);
			return { name: nameOf(path), path, from: "coordinator" as const, ...(instead === undefined ? {} : { instead }) };
		}),
		...own.map((path) => ({ name: nameOf(path), path, from: "system" as const })),
	];
}

/**
 * flannel hands pods over to the bridge plugin, with routes it is called itself; Calico brings what it calls, but for what it leaves to artifacts, which may be
 * of another architecture; machines with etcd alone have no pod network.
 */
function pluginsOf(role: string, document: Pick<ClusterDocument, "kubernetes">): readonly string[] {
	const { podNetwork } = document.kubernetes;
	if (role === "etcd") return [];
	if (podNetwork === "calico") return leftToArtifacts(document);
	return podNetwork === "flannel" || podNetwork === "routed" ? ["loopback", "bridge", "host-local", "portmap"] : [];
}

function lackingModules(
	document: Pick<ClusterDocument, "kubernetes" | "volumes">,
	{ modules }: Pick<Facts, "modules">,
): string[] {
	if (!modules) return [];
	return kernelModules(document)
		.filter((name) => !modules.includes(name))
		.map((name) => `the kernel module ${name}`);
}

/**
 * The artifacts for a machine, of Kubernetes or of an operator's role: those of its architecture, and of those that are for what is lacking, the ones with a
 * program that its operating system does not have, or not in a version that the cluster takes (`version`). CNI plugins always are: which of them an agent brought cannot be told.
 */
export function chosenArtifacts(
	{ artifacts, version }: { readonly artifacts: readonly ProgramArtifact[]; readonly version?: string },
	facts: Known,
): ProgramArtifact[] {
	const own = new Set(ownPrograms(facts, version).map(({ name }) => name));
	return artifacts.filter((artifact) => {
		if (artifact.arch !== undefined && facts.cpu !== undefined && artifact.arch !== facts.cpu.arch) return false;
		return (
			artifact.when !== "lacking" ||
			placesOf(artifact).some((path) => path.startsWith(`${PLUGINS}/`) || !own.has(nameOf(path)))
		);
	});
}

/** The same as an agent reads them: without what only says which machines they are for. */
export function targetArtifacts(holder: Parameters<typeof chosenArtifacts>[0], facts: Known): Artifact[] {
	return chosenArtifacts(holder, facts).map(({ asset: _asset, arch: _arch, when: _when, ...artifact }) => artifact);
}

function placesOf({ path, unpack }: Pick<Artifact, "path" | "unpack">): string[] {
	return (unpack ?? [{ path }]).map((one) => one.path);
}

function nameOf(path: string): string {
	return path.slice(path.lastIndexOf("/") + 1);
}

/** Where the document's artifacts put files on a machine. */
function brought(document: Pick<ClusterDocument, "kubernetes">, facts: Known): readonly string[] {
	return chosenArtifacts(document.kubernetes, facts).flatMap(placesOf);
}

/** The folders of programs that are brought, of Kubernetes or of an operator's role, besides CNI plugins, which nobody calls by hand. */
export function broughtFolders(holder: Parameters<typeof chosenArtifacts>[0], facts: Known): string[] {
	const places = chosenArtifacts(holder, facts).flatMap(placesOf);
	const folders = places.map((path) => path.slice(0, path.lastIndexOf("/")));
	return [...new Set(folders)].filter((folder) => folder !== PLUGINS).sort();
}

function broughtPath(document: Pick<ClusterDocument, "kubernetes">, facts: Known, name: string): string | undefined {
	return brought(document, facts).find((path) => path.endsWith(`/${name}`));
}

function ownPath({ programs = [] }: Known, name: string): string | undefined {
	return programs.find((program) => program.name === name)?.path;
}
