import type { SourceEnd } from "../source.ts";

type Rule = { pattern: RegExp; end: (match: RegExpExecArray) => SourceEnd };

const offline = (detail: string): SourceEnd => ({ reason: "source-offline", detail, retry: "later" });
const refused = (detail: string): SourceEnd => ({ reason: "source-refused", detail, retry: "later" });
const auth = (detail: string): SourceEnd => ({ reason: "source-auth", detail, retry: "rarely" });
const broken = (detail: string): SourceEnd => ({ reason: "source-broken", detail, retry: "later" });
const unsupported = (detail: string): SourceEnd => ({
  reason: "source-unsupported",
  detail,
  retry: "rarely",
});

/**
 * What ffmpeg's lines mean, the most telling first: its exit code says nothing, also not when the camera died.
 * Each pattern was seen in the output of ffmpeg 5.1; the wording of 4.4 to 7.1 is the same.
 */
const rules: readonly Rule[] = [
  {
    pattern: /method (\w+) failed: (401|403) ([\w ]+)/,
    end: ([, , code, text]) => auth(`answered ${code} ${text}`),
  },
  {
    pattern: /method (\w+) failed: (\d{3}) ([\w ]+)/,
    end: ([, , code, text]) => refused(`answered ${code} ${text}`),
  },
  {
    pattern: /(?:Server returned|HTTP error) (401|403) ([\w ]+)/,
    end: ([, code, text]) => auth(`answered ${code} ${text}`),
  },
  {
    pattern: /(?:Server returned|HTTP error) ([45]\w\w [\w ]+)/,
    end: ([, text]) => refused(`answered ${text}`),
  },
  {
    pattern: /Failed to resolve hostname (\S+):/,
    end: ([, host]) => offline(`the name ${host} is not known`),
  },
  { pattern: /Connection refused/, end: () => offline("the connection was refused") },
  {
    pattern: /No route to host|(?:Network|Host) is unreachable/,
    end: ([text]) => offline(`not reachable: ${text}`),
  },
  { pattern: /(?:Connection|Operation) timed out/, end: () => offline("it did not answer in time") },
  { pattern: /Connection reset by peer|Broken pipe/, end: () => offline("it broke the connection off") },
  {
    pattern: /Error in the (?:pull|push) function|The TLS connection was/,
    end: () => offline("the TLS connection broke off"),
  },
  { pattern: /\[tls .*\[error\] (.*)/, end: ([, text]) => refused(`no TLS connection: ${text}`) },
  {
    pattern: /Protocol '?(\w+)'? not on whitelist/,
    end: ([, name]) => unsupported(`the protocol ${name} is not allowed`),
  },
  {
    pattern: /Unrecognized option '|unknown keyword 'option'/i,
    end: () => unsupported("this ffmpeg is too old; 5.0 or newer is needed"),
  },
  { pattern: /Protocol not found/, end: () => unsupported("ffmpeg does not know this protocol") },
  { pattern: /Port missing in uri/, end: () => unsupported("the URL's port can't be used") },
  {
    pattern: /Unknown input format: '?([\w-]+)/,
    end: ([, name]) => unsupported(`ffmpeg does not know the format ${name}`),
  },
  {
    pattern: /Unknown encoder '?([\w-]+)/,
    end: ([, name]) => unsupported(`this ffmpeg has no encoder ${name}`),
  },
  {
    pattern: /No such filter: '?([\w-]+)/,
    end: ([, name]) => unsupported(`this ffmpeg has no filter ${name}`),
  },
  { pattern: /Stream map '0:v:0' matches no streams/, end: () => unsupported("it sends no pictures") },
  {
    pattern: /Could not find tag for codec (\w+) in stream #0/,
    end: ([, codec]) => unsupported(`it sends pictures in ${codec}`),
  },
  { pattern: /dimensions not set/, end: () => broken("its pictures could not be understood") },
  {
    pattern: /Nonmatching transport in server reply|461 Unsupported/,
    end: () => refused("it refused the transport"),
  },
  {
    pattern: /Invalid data found when processing input/,
    end: () => broken("what it sent could not be understood"),
  },
  { pattern: /No such file or directory/, end: () => offline("it does not exist") },
  { pattern: /Input\/output error/, end: () => offline("the connection failed") },
];

/**
 * The end that ffmpeg's lines tell of, or, where they tell of none, the end of a source that closed the
 * connection.
 */
export function endFromLines(lines: readonly string[], hasBegun: boolean): SourceEnd {
  for (const { pattern, end } of rules) {
    for (const line of lines) {
      const match = pattern.exec(line);
      if (match !== null) return end(match);
    }
  }
  return offline(hasBegun ? "it closed the connection" : "it closed the connection before the first picture");
}
