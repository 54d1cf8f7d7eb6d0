// Loaded before everything else, by whatever Node there is, however old: says in one sentence what is missing. Plain ES5.
"use strict";
if (Number(process.versions.node.split(".")[0]) < 20) {
	process.stderr.write(
		"rollcall: this is Node " +
			process.versions.node +
			", and Node 20 or newer is needed: install Debian's package nodejs (Debian 13), or one from nodejs.org\n",
	);
	process.exit(1);
}
