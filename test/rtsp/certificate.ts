import { finished } from "../support/processes.ts";

/** Writes a self-signed certificate of 127.0.0.1 and its key into one PEM file; returns its path. */
export async function makeCertificate(file: string): Promise<string> {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", file];
  const subject = ["-subj", "/CN=127.0.0.1", "-days", "2"];
  const argv = ["openssl", "req", "-x509", ...key, ...subject];
  const { code, stdout, stderr } = await finished(argv, { timeoutMs: 20_000 });
  if (code !== 0) throw new Error(`openssl made no certificate: ${stderr}`);
  await Bun.write(file, (await Bun.file(file).text()) + stdout);
  return file;
}
