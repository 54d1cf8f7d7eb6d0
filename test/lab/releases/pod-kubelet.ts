import { writeFile } from "node:fs/promises";
import { standInKubelet } from "./makers.ts";

/** The image of the pod; `rollcall check image` makes it. */
export const POD_IMAGE = "rollcall.local/check:1";
/** Shares of the pod network in which a first pod is looked for. */
const SHARES = [0, 1, 2, 3];
/** Tells everybody who asks it what address he has, asks the first pod of each other share, and writes who has answered, and as whom it saw this one. */
const POD = `b=/bin/busybox; $b mkdir -p /tmp/www/cgi-bin; cd /tmp/www
printf '#!/bin/sh\\nprintf "Content-type: text/plain\\\\r\\\\n\\\\r\\\\n%%s" "$REMOTE_ADDR"\\n' > cgi-bin/who; $b chmod 755 cgi-bin/who
$b httpd -p 8080 -h /tmp/www
own="$($b ip -o -4 address show dev eth0 | $b sed -n 's/.*inet \\([0-9.]*\\).*/\\1/p')"
echo "pod $own is up"
for share in ${SHARES.join(" ")}; do
	other=10.254.$share.2
	[ $other = $own ] || (
		until answer="$($b timeout 5 $b wget -q -O - http://$other:8080/cgi-bin/who)"; do $b sleep 1; done
		answer=\${answer##*:}; echo "pod $own reached $other as \${answer%]}") &
done
exec $b sleep 100000`;

/**
 * Writes what is in kubelet's place where there is none to be had: the lab's stand-in, which has containerd run one pod besides, by its client, with the programs, the network and the image
 * that the coordinator brought. It tells what somebody who logs in finds there.
 */
export async function writePodKubelet(file: string, version: string): Promise<void> {
	const text = `#!/bin/sh
echo "kubelet of ${version}"
read -r endpoint < /etc/crictl.yaml
echo "who logs in has $(. /etc/profile.d/rollcall.sh && command -v crictl) with $endpoint"
pod() {
	cat > /run/pod.sh <<'POD'
${POD}
POD
	bin=/opt/rollcall/bin
	$bin/ctr -n k8s.io run -d --log-uri file:///run/pod.log --cni --runc-binary $bin/runc \\
		--mount type=bind,src=/run/pod.sh,dst=/pod.sh,options=rbind:ro ${POD_IMAGE} pod /bin/sh /pod.sh 2>&1
	# As with kubelet, it outlives who started it.
	exec tail -n +1 -F /run/pod.log
}
pod &
${await standInKubelet()}`;
	await writeFile(file, text, { mode: 0o755 });
}
