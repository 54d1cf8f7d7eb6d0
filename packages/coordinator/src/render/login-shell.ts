import type { TargetFile, TargetUnit } from "@rollcall/protocol";
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

/**
 * What a person needs who logs in on a node: the programs that the coordinator brought in the PATH of login shells, and crictl's configuration. A unit links to both while the machine has its role,
 * where nothing stands there (tmpfiles.d(5), `L`). What goes wrong with it is no fault of the target.
 */
export function loginShell({ document, facts }: Pick<Node, "document" | "facts">): {
	readonly files: readonly TargetFile[];
	readonly unit: TargetUnit;
} {
	// Words of a shell, as they stand.
	const folders = broughtFolders({ document, facts }).filter((folder) => /^[\w./-]+\/s?bin$/.test(folder));
	const linked = [CRICTL, ...(folders.length > 0 ? [PROFILE] : [])];
	const file = (path: string, content: string): TargetFile => ({ path, mode: "0644", encoding: "utf8", content });
	const { containerdSocket } = NODE_PATHS;
	return {
		files: [
			file(CRICTL.file, `runtime-endpoint: ${containerdSocket}\nimage-endpoint: ${containerdSocket}\n`),
			...(folders.length > 0 ? [file(PROFILE.file, profileText(folders))] : []),
			file(LINKS, linked.map((one) => `L ${one.link} - - - - ${one.file}\n`).join("")),
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
