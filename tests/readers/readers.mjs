// Reads one feed with the module that is named, and prints what it saw of each entry.
import { readFileSync } from 'node:fs'

const [name, file] = process.argv.slice(2)
const text = readFileSync(file, 'utf8')

const enclosed = (links) => (links ?? []).filter((link) => link.rel === 'enclosure').map((link) => link.href)

const readers = {
  async feedsmith() {
    const { parseFeed } = await import('feedsmith')
    const { format, feed } = parseFeed(text)
    if (format === 'json') {
      return feed.items.map((item) => ({
        id: item.id,
        title: item.title,
        link: item.url,
        published: item.date_published,
        enclosures: (item.attachments ?? []).map((attachment) => attachment.url),
      }))
    }
    if (format === 'rss') {
      return feed.items.map((item) => ({
        id: item.guid?.value,
        title: item.title,
        link: item.link,
        published: item.pubDate,
        enclosures: (item.enclosures ?? []).map((enclosure) => enclosure.url),
      }))
    }
    return feed.entries.map((entry) => ({
      id: entry.id,
      title: entry.title.value,
      link: entry.links?.find((link) => link.rel === 'alternate')?.href,
      published: entry.published,
      enclosures: enclosed(entry.links),
    }))
  },
  async 'rss-parser'() {
    const { default: Parser } = await import('rss-parser')
    const feed = await new Parser().parseString(text)
    return feed.items.map((item) => ({
      id: item.id ?? item.guid,
      title: item.title,
      link: item.link,
      published: item.isoDate,
      enclosures: null, // it does not tell those of Atom
    }))
  },
}

console.log(JSON.stringify(await readers[name]()))
