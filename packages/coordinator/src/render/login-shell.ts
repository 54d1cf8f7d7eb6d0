import type { Facts, RoleDefinition, TargetFile, TargetUnit } from "@rollcall/protocol";
import { UNLESS_GOING_DOWN } from "./after-kubelet.ts";
import type { Node } from "./node.ts";
import { NODE_PATHS } from "./node-paths.ts";
import { broughtFolders } from "./programs.ts";
import { unitText } from "./systemd-unit.ts";

const SERVICE = "rollcall-login.service";
const FOLDER = "/opt/rollcall/login";

/** What is linked to from a place that agents do not write to, since the system or the operator may have a file of their own there. */
const CRICTL = { file: `${FOLDER}/crictl.yaml`, link: "/etc/crictl.yaml" };
const PROFILE = { file: `${FOLDER}/profile.sh`, link: "/etc/profile.d/rollcall.sh" };
const LINKS = `${FOLDER}/tmpfiles.conf`;

/** What makes a login shell find what was brought. */
export interface LoginShell {
	readonly files: readonly TargetFile[];
	readonly unit: TargetUnit;
}

/**
 * What a person needs who logs in on a node: the programs that the coordinator brought in the PATH of login shells, and crictl's configuration. A unit links to both while the machine has its role,
 * where nothing stands there (tmpfiles.d(5), `L`). What goes wrong with it is no fault of the target.
 */
export function loginShell({ document, facts }: Pick<Node, "document" | "facts">): LoginShell {
	const { containerdSocket } = NODE_PATHS;
	const crictl = `runtime-endpoint: ${containerdSocket}\nimage-endpoint: ${containerdSocket}\n`;
	return linked([{ ...CRICTL, content: crictl }, ...profileOf(broughtFolders(document.kubernetes, facts))]);
}

/** The same of an operator's role, without crictl's configuration, which is its own to know; nothing where it brings nothing that people call, or has files or a unit by these names itself. */
export function roleShell(role: RoleDefinition, facts: Pick<Facts, "programs">): LoginShell | undefined {
	const profile = profileOf(broughtFolders(role, facts));
	const takes = (path: string): boolean => path.startsWith(`${FOLDER}/`) || path === `${NODE_PATHS.units}/${SERVICE}`;
	const theirs = [...role.files, ...role.artifacts.flatMap(({ path, unpack = [] }) => [{ path }, ...unpack])];
	if (profile.length === 0 || theirs.some(({ path }) => takes(path))) return undefined;
	return role.units.some(({ name }) => name === SERVICE) ? undefined : linked(profile);
}

type Linked = (typeof CRICTL | typeof PROFILE) & { readonly content: string };

function profileOf(folders: readonly string[]): Linked[] {
	// Words of a shell, as they stand.
	const plain = folders.filter((folder) => /^[\w./-]+\/s?bin$/.test(folder));
	return plain.length > 0 ? [{ ...PROFILE, content: profileText(plain) }] : [];
}

function linked(links: readonly Linked[]): LoginShell {
	const file = (path: string, content: string): TargetFile => ({ path, mode: "0644", encoding: "utf8", content });
	return {
		files: [
			...links.map((one) => file(one.file, one.content)),
			file(LINKS, links.map((one) => `L ${one.link} - - - - ${one.file}\n`).join("")),
			{ ...file(`${NODE_PATHS.units}/${SERVICE}`, UNIT), mode: "0600" },
		],
		unit: { name: SERVICE, restartOn: [LINKS] },
	};
}

/** Behind the system's own folders, so that nobody calls another program than before. */
function profileText(folders: readonly string[]): string {
	return folders.map((folder) => `case ":$PATH:" in *:${folder}:*) ;; *) PATH="$PATH:${folder}" ;; esac\n`).join("");
}

const UNLINK = [
	UNLESS_GOING_DOWN,
	...[CRICTL, PROFILE].map(({ link, file }) => `[ "$(readlink ${link})" != ${file} ] || rm -f ${link};`),
	"exit 0",
].join(" ");

const UNIT = unitText([
	["Unit", [["Description", "links to what people who log in need, and removes the links when it is stopped"]]],
	[
		"Service",
		[
			["Type", "oneshot"],
			["RemainAfterExit", true],
			["ExecStart", { words: ["/bin/sh", "-c", `systemd-tmpfiles --create ${LINKS} || exit 0`] }],
			["ExecStop", { words: ["/bin/sh", "-c", UNLINK] }],
			["TimeoutStartSec", 60],
			["TimeoutStopSec", 60],
		],
	],
]);
