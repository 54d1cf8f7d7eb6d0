import type { TargetFile, TargetUnit } from "@rollcall/protocol";
import { afterKubeletUnit, UNLESS_GOING_DOWN } from "./after-kubelet.ts";

const SERVICE = "rollcall-packet-filter.service";

/** The chains of kubelet and kube-proxy, and flannel's, for sed. */
const CHAINS = "\\(KUBE\\|FLANNEL\\)-";

/** Of what iptables-save lists, what takes these chains away, and the rules of other chains that lead there: input of iptables-restore. */
const UNDO = [
	// A table begins; the names of its chains are gathered.
	"/^\\*/{p;s/.*//;h;}",
	// A chain that is named anew is empty.
	`/^:${CHAINS}/{s/^:\\([^ ]*\\).*/\\1/;H;s/.*/:& - [0:0]/p;}`,
	`/^-A ${CHAINS}/d`,
	`/^-A .* -j ${CHAINS}/{s/^-A/-D/;p;}`,
	// At the end of the table nothing leads to them any more.
	"/^COMMIT/{x;s/\\n/&-X /g;s/^\\n//;/./p;x;p;}",
].map((line) => `-e '${line}'`);

/** While kubelet runs the rules are meant to be there, and pods that end with the system still use them. */
const CLEAR = [
	`${UNLESS_GOING_DOWN} code=0;`,
	'for ip in iptables ip6tables; do command -v "$ip-save" >/dev/null || continue;',
	`"$ip-save" | sed -n ${UNDO.join(" ")} | "$ip-restore" -w 10 --noflush || code=1; done;`,
	"for family in ip ip6; do nft list table $family kube-proxy >/dev/null 2>&1 || continue;",
	"nft delete table $family kube-proxy || code=1; done; exit $code",
].join(" ");

/**
 * What takes the rules of services out of the packet filter when it is stopped, behind kubelet and all pods: neither of the programs that wrote them does when it
 * ends, and a machine that lost its role would go on sending the addresses of services to pods of before. By the machine's own iptables, whose kind kube-proxy uses, and nft.
 */
export function packetFilterUnit(): { readonly file: TargetFile; readonly unit: TargetUnit } {
	return afterKubeletUnit(SERVICE, {
		description: "removes the packet filter's rules of Kubernetes when it is stopped",
		stop: CLEAR,
	});
}
