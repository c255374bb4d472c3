// Reads a JSON list of LogQL expressions from standard input and prints a JSON list: for each, where it stops being
// LogQL (an offset into it), or null when it is.
import { readFileSync } from 'node:fs'
import { parser } from '@grafana/lezer-logql'

function firstError(expression) {
  let at = null
  parser.parse(expression).iterate({
    enter(node) {
      if (node.type.isError && at === null) at = node.from
    },
  })
  return at
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map(firstError)))
