/** Enrolls a boot that says it has a MAC, and prints the status and the answer. A program of its own, since it runs in a network namespace: `node enroll-by-hand.ts URL TOKEN MAC`. */
import { newIncarnation } from "./incarnation.ts";
import { signedEnrollment } from "./signed-enrollment.ts";

const [url = "", token = "", mac = ""] = process.argv.slice(2);
const { publicKey, facts, key } = newIncarnation({ mac, rehearsal: false });
const body = JSON.stringify(signedEnrollment({ publicKey, facts, token }, key));
const headers = { "content-type": "application/json" };
const answer = await fetch(new URL("/v1/enroll", url), { method: "POST", headers, body });
console.log(JSON.stringify({ status: answer.status, answer: await answer.json() }));
