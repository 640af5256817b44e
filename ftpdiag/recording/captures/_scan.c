/* scan.py in C: the same decisions in the same order, and the same packets out. What and why is written there. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <structmember.h>

enum { CONTROL = 1, DATA = 2 };                         /* how a port is followed */
enum { ETHERNET = 1, RAW_IP, LOOPBACK, COOKED, COOKED_2 };  /* links that are read here; others go to Python packet by packet */
enum { TABLE = 65536, SLOTS = 65521, HEAD = 256, KEY = 36, INTERFACES = 256, LARGEST = 1 << 24 };
enum { FIN = 1, SYN = 2, RST = 4 };
enum { MORE, LOOK, ODD };                               /* why scan() came back */

typedef struct {
    uint8_t key[KEY];
    uint8_t key_size, pending;
    uint16_t captured;
    uint32_t length, interface, seq, end, passed;
    uint64_t number, ticks, shown;
    uint8_t head[HEAD];
} Slot;

typedef struct {
    PyObject_HEAD
    uint8_t ports[TABLE];
    uint32_t pairs[SLOTS];
    Slot *syns, *held;
    uint8_t holding[SLOTS];     /* which of `held` were written: the others cost no memory, and no look */
    int pcapng, swapped;
    Py_ssize_t header;
    uint32_t interfaces;
    uint8_t link[INTERFACES];
    uint64_t units[INTERFACES];
    uint64_t number, ticks;     /* of the latest packet */
    uint32_t interface;
    PyObject *found;
} Scanner;

typedef struct {
    const uint8_t *data;
    uint32_t captured, length, interface;
    uint64_t number, ticks;
    const uint8_t *ip, *tcp;    /* tcp: none where Python must look */
    uint32_t address_size, payload, size;
    int flags;
} Packet;

static uint16_t be16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
static uint32_t be32(const uint8_t *p) { return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]; }
static uint32_t le32(const uint8_t *p) { return (uint32_t)p[3] << 24 | p[2] << 16 | p[1] << 8 | p[0]; }

/* --- what a packet is ------------------------------------------------------------------------------------------ */

static int is_error(const Packet *p, uint32_t at, int version)
{
    if (at >= p->captured) return 0;
    int type = p->data[at];
    return version == 4 ? type == 3 || type == 4 || type == 11 || type == 12 : type >= 1 && type <= 4;
}

/* Protocols that IP or TCP follows behind: extension headers and tunnels. */
static int carries(uint32_t protocol)
{
    switch (protocol) {
    case 0: case 4: case 41: case 43: case 44: case 47: case 51: case 60: case 97: case 135: case 137: case 139: case 140:
        return 1;
    }
    return 0;
}

static int classify(Packet *p, int link)
{
    const uint8_t *d = p->data;
    uint32_t at = 0, size = p->captured, protocol, end;
    p->tcp = NULL;
    if (link == RAW_IP || link == LOOPBACK) {
        at = link == LOOPBACK ? 4 : 0;
    } else {
        uint32_t type;
        at = link == ETHERNET ? 12 : link == COOKED ? 14 : 0;
        if (size < at + 2) return 0;
        type = be16(d + at);
        at = link == COOKED_2 ? 20 : at + 2;
        while (type == 0x8100 || type == 0x88a8 || type == 0x9100) {
            if (size < at + 4) return 0;
            type = be16(d + at + 2);
            at += 4;
        }
        if (type < 0x600 || type == 0x8864 || type == 0x8847 || type == 0x8848 || type == 0x9200 || type == 0x8909)
            return 1;
        if (type != 0x0800 && type != 0x86dd) return 0;
    }
    if (at >= size) return 0;
    p->ip = d + at;
    if (d[at] >> 4 == 4) {
        if (size < at + 20) return 0;
        uint32_t header = (d[at] & 15) * 4, total = be16(d + at + 2);
        if (header < 20) return 0;
        protocol = d[at + 9];
        if (be16(d + at + 6) & 0x3fff) return protocol == 6 || protocol == 17;
        end = total ? at + total : p->length;
        p->address_size = 4;
        at += header;
        if (protocol == 1) return is_error(p, at, 4);
    } else if (d[at] >> 4 == 6) {
        if (size < at + 40) return 0;
        uint32_t total = be16(d + at + 4);
        protocol = d[at + 6];
        at += 40;
        end = total ? at + total : p->length;
        p->address_size = 16;
        if (protocol == 58) return is_error(p, at, 6);
    } else {
        return 0;
    }
    if (protocol == 17) {
        int port = size >= at + 4 ? be16(d + at + 2) : 0;
        return port == 4789 || port == 6081 || port == 8472;
    }
    if (protocol != 6) return carries(protocol);
    if (size < at + 14) return 0;
    p->tcp = d + at;
    p->flags = d[at + 13];
    p->payload = at + (d[at + 12] >> 4) * 4;
    p->size = end > p->payload ? end - p->payload : 0;
    return 1;
}

/* A line that FTP begins a dialogue or an announcement with. */
static int speaks(const Packet *p)
{
    if (p->size < 4 || p->captured < p->payload + 4) return 0;
    const uint8_t *d = p->data + p->payload;
    if (d[0] >= '1' && d[0] <= '5') {
        if (d[3] != ' ' && d[3] != '-') return 0;
        switch (d[0] << 16 | d[1] << 8 | d[2]) {
        case '1' << 16 | '2' << 8 | '0': case '2' << 16 | '2' << 8 | '0': case '4' << 16 | '2' << 8 | '1':
        case '2' << 16 | '2' << 8 | '7': case '2' << 16 | '2' << 8 | '8': case '2' << 16 | '2' << 8 | '9':
        case '2' << 16 | '3' << 8 | '0': case '2' << 16 | '3' << 8 | '4': case '3' << 16 | '3' << 8 | '1':
        case '5' << 16 | '3' << 8 | '0':
            return 1;
        }
        return 0;
    }
    switch ((uint32_t)(d[0] & 0xdf) << 24 | (d[1] & 0xdf) << 16 | (d[2] & 0xdf) << 8 | (d[3] & 0xdf)) {
#define WORD(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))
    case WORD('U', 'S', 'E', 'R'): case WORD('A', 'U', 'T', 'H'): case WORD('P', 'A', 'S', 'V'):
    case WORD('E', 'P', 'S', 'V'): case WORD('P', 'O', 'R', 'T'): case WORD('E', 'P', 'R', 'T'):
    case WORD('L', 'P', 'S', 'V'): case WORD('L', 'P', 'R', 'T'):
        return 1;
    }
    return 0;
}

/* --- what is remembered ----------------------------------------------------------------------------------------- */

static uint32_t key_of(const Packet *p, int reverse, uint8_t *key)
{
    uint32_t n = p->address_size;
    const uint8_t *a = p->ip + (n == 4 ? 12 : 8);
    memcpy(key, a + (reverse ? n : 0), n);
    memcpy(key + n, a + (reverse ? 0 : n), n);
    memcpy(key + 2 * n, p->tcp + (reverse ? 2 : 0), 2);
    memcpy(key + 2 * n + 2, p->tcp + (reverse ? 0 : 2), 2);
    return 2 * n + 4;
}

static uint32_t rest(const uint8_t *bytes, uint32_t size)
{
    uint32_t h = 0;
    for (uint32_t i = 0; i < size; i++) h = (h * 256 + bytes[i]) % SLOTS;
    return h;
}

static int paired(const Scanner *s, const Packet *p)
{
    uint32_t n = p->address_size;
    const uint8_t *a = p->ip + (n == 4 ? 12 : 8);
    return s->pairs[(rest(a, n) + rest(a + n, n)) % SLOTS] != 0;
}

static void put(Slot *slot, const Packet *p, const uint8_t *key, uint32_t key_size)
{
    memcpy(slot->key, key, key_size);
    slot->key_size = (uint8_t)key_size;
    slot->captured = p->captured < HEAD ? (uint16_t)p->captured : HEAD;
    memcpy(slot->head, p->data, slot->captured);
    slot->length = p->length;
    slot->interface = p->interface;
    slot->number = p->number;
    slot->ticks = p->ticks;
}

static PyObject *frame(uint64_t number, uint64_t ticks, uint32_t interface, uint32_t length, uint32_t passed,
                       const uint8_t *data, uint32_t captured)
{
    return Py_BuildValue("KKIIIy#", (unsigned long long)number, (unsigned long long)ticks, interface, length, passed,
                         (const char *)data, (Py_ssize_t)captured);
}

static int give(Scanner *s, PyObject *item)
{
    int failed = item == NULL || PyList_Append(s->found, item);
    Py_XDECREF(item);
    return failed ? -1 : 0;
}

static int show(Scanner *s, const Packet *p)
{
    return give(s, frame(p->number, p->ticks, p->interface, p->length, 0, p->data, p->captured));
}

static PyObject *recall(const Slot *slot)
{
    return frame(slot->number, slot->ticks, slot->interface, slot->length, slot->passed, slot->head, slot->captured);
}

static int release(Scanner *s, Slot *slot)
{
    if (!slot->pending) return 0;
    slot->pending = 0;
    return give(s, recall(slot));
}

static int release_flow(Scanner *s, const Packet *p)
{
    uint8_t key[KEY];
    for (int reverse = 0; reverse < 2; reverse++) {
        uint32_t size = key_of(p, reverse, key);
        Slot *slot = s->held + rest(key, size);
        if (slot->key_size == size && !memcmp(slot->key, key, size)) {
            if (release(s, slot)) return -1;
            slot->key_size = 0;
        }
    }
    return 0;
}

static int thin(Scanner *s, const Packet *p)
{
    uint8_t key[KEY];
    uint32_t size = key_of(p, 0, key), seq = be32(p->tcp + 4);
    uint64_t units = s->units[p->interface];
    Slot *slot = s->held + rest(key, size);
    int known = slot->key_size == size && !memcmp(slot->key, key, size);
    if (known && seq == slot->end && p->ticks - slot->ticks <= units / 5 && p->ticks - slot->shown <= units) {
        slot->passed = slot->pending ? slot->passed + (seq - slot->seq) : 0;
        slot->pending = 1;
    } else {
        if (release(s, slot) || show(s, p)) return -1;
        slot->passed = 0;
        slot->shown = p->ticks;
    }
    put(slot, p, key, size);
    s->holding[slot - s->held] = 1;
    slot->seq = seq;
    slot->end = seq + p->size;
    return 0;
}

/* Show a packet with payload; it says what a bare acknowledgement that is held back would have said. */
static int supersede(Scanner *s, const Packet *p)
{
    uint8_t key[KEY];
    uint32_t size = key_of(p, 0, key);
    Slot *slot = s->held + rest(key, size);
    if (slot->key_size == size && !memcmp(slot->key, key, size)) slot->pending = 0;
    if (release(s, slot) || show(s, p)) return -1;
    put(slot, p, key, size);
    s->holding[slot - s->held] = 1;
    slot->seq = be32(p->tcp + 4);
    slot->end = slot->seq + p->size;
    slot->passed = 0;
    slot->shown = p->ticks;
    return 0;
}

/* 0: pass on; 1: Python must look before it goes on; -1: an exception is set */
static int judge(Scanner *s, Packet *p)
{
    uint8_t key[KEY];
    int link = s->link[p->interface];
    if (!link || p->number == 1) return show(s, p) ? -1 : 1;
    if (!classify(p, link)) return 0;
    if (!p->tcp) return show(s, p) ? -1 : 1;
    int followed = s->ports[be16(p->tcp)] | s->ports[be16(p->tcp + 2)];
    if (p->flags & SYN) {
        if (!followed) {
            uint32_t size = key_of(p, 0, key);
            put(s->syns + rest(key, size), p, key, size);
            if (!paired(s, p)) return 0;
        }
        return release_flow(s, p) || show(s, p) ? -1 : 1;
    }
    if (followed && p->flags & (FIN | RST)) return release_flow(s, p) || show(s, p) ? -1 : (followed & CONTROL) != 0;
    if ((followed & CONTROL && p->size) || speaks(p)) return supersede(s, p) ? -1 : 1;
    return followed ? thin(s, p) : 0;
}

/* --- what Python calls ------------------------------------------------------------------------------------------ */

static PyObject *Scanner_scan(Scanner *s, PyObject *args)
{
    Py_buffer data;
    Py_ssize_t at, end;
    int why = MORE;
    if (!PyArg_ParseTuple(args, "y*nn", &data, &at, &end)) return NULL;
    if (at < 0 || end > data.len) {
        PyBuffer_Release(&data);
        PyErr_SetString(PyExc_ValueError, "the portion lies outside the buffer");
        return NULL;
    }
    const uint8_t *bytes = data.buf;
    uint32_t (*word)(const uint8_t *) = s->swapped ? be32 : le32;
    s->found = PyList_New(0);
    if (!s->found) goto failed;
    while (why == MORE) {
        Packet p;
        const uint8_t *r = bytes + at;
        Py_ssize_t size = 0, header = s->header;
        if (s->pcapng && end - at >= 8) {
            size = word(r + 4);
            if (word(r) != 6 || size < 32 || size > LARGEST) {
                why = ODD;
                break;
            }
        }
        if (end - at < header) break;
        if (s->pcapng) {
            p.interface = word(r + 8);
            p.captured = word(r + 20);
            if (p.captured > (uint32_t)size - 32 || p.interface >= s->interfaces) {
                why = ODD;
                break;
            }
            p.ticks = (uint64_t)word(r + 12) << 32 | word(r + 16);
            p.length = word(r + 24);
        } else {
            p.captured = word(r + 8);
            if (p.captured > LARGEST) {
                why = ODD;
                break;
            }
            size = header + p.captured;
            p.interface = 0;
            p.ticks = word(r) * s->units[0] + word(r + 4);
            p.length = word(r + 12);
        }
        if (end - at < size) break;
        if (p.length < p.captured) p.length = p.captured;
        p.data = r + header;
        p.number = ++s->number;
        s->ticks = p.ticks;
        s->interface = p.interface;
        at += size;
        switch (judge(s, &p)) {
        case -1: goto failed;
        case 1: why = LOOK;
        }
    }
    PyBuffer_Release(&data);
    return Py_BuildValue("niN", at, why, s->found);
failed:
    Py_CLEAR(s->found);
    PyBuffer_Release(&data);
    return NULL;
}

static PyObject *Scanner_begin(Scanner *s, PyObject *args)
{
    PyObject *interfaces;
    if (!PyArg_ParseTuple(args, "ppnO!", &s->pcapng, &s->swapped, &s->header, &PyTuple_Type, &interfaces)) return NULL;
    if (s->header < (s->pcapng ? 28 : 16)) {
        PyErr_SetString(PyExc_ValueError, "a record's header is longer");
        return NULL;
    }
    Py_ssize_t count = PyTuple_GET_SIZE(interfaces);
    if (count > INTERFACES) count = INTERFACES;
    for (Py_ssize_t i = 0; i < count; i++) {
        unsigned long long units;
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(interfaces, i), "bK", &s->link[i], &units)) return NULL;
        s->units[i] = units;
    }
    s->interfaces = (uint32_t)count;
    Py_RETURN_NONE;
}

static PyObject *Scanner_follow(Scanner *s, PyObject *args)
{
    unsigned short port;
    unsigned char how;
    if (!PyArg_ParseTuple(args, "Hb", &port, &how)) return NULL;
    s->ports[port] = how;
    Py_RETURN_NONE;
}

static PyObject *Scanner_pair(Scanner *s, PyObject *args)
{
    const uint8_t *one, *other;
    Py_ssize_t size, size_2;
    int more;
    if (!PyArg_ParseTuple(args, "y#y#i", &one, &size, &other, &size_2, &more)) return NULL;
    s->pairs[(rest(one, (uint32_t)size) + rest(other, (uint32_t)size_2)) % SLOTS] += (uint32_t)more;
    Py_RETURN_NONE;
}

static PyObject *Scanner_syn(Scanner *s, PyObject *args)
{
    const char *key;
    Py_ssize_t size;
    if (!PyArg_ParseTuple(args, "y#", &key, &size)) return NULL;
    Slot *slot = s->syns + rest((const uint8_t *)key, (uint32_t)size);
    if (slot->key_size != size || memcmp(slot->key, key, (size_t)size)) Py_RETURN_NONE;
    return recall(slot);
}

static PyObject *Scanner_flush(Scanner *s, PyObject *unused)
{
    (void)unused;
    s->found = PyList_New(0);
    if (!s->found) return NULL;
    for (uint32_t i = 0; i < SLOTS; i++) {
        Slot *slot = s->held + i;
        if (!s->holding[i]) continue;
        if (release(s, slot)) {
            Py_CLEAR(s->found);
            return NULL;
        }
        slot->key_size = s->holding[i] = 0;
    }
    PyObject *found = s->found;
    s->found = NULL;
    return found;
}

static void Scanner_dealloc(Scanner *s)
{
    free(s->syns);
    free(s->held);
    Py_TYPE(s)->tp_free((PyObject *)s);
}

static PyObject *Scanner_new(PyTypeObject *type, PyObject *args, PyObject *words)
{
    (void)args, (void)words;
    Scanner *s = (Scanner *)type->tp_alloc(type, 0);
    if (!s) return NULL;
    s->syns = calloc(SLOTS, sizeof(Slot));
    s->held = calloc(SLOTS, sizeof(Slot));
    if (s->syns && s->held) return (PyObject *)s;
    Py_DECREF(s);
    return PyErr_NoMemory();
}

static PyMethodDef methods[] = {
    {"begin", (PyCFunction)Scanner_begin, METH_VARARGS, NULL},
    {"scan", (PyCFunction)Scanner_scan, METH_VARARGS, NULL},
    {"follow", (PyCFunction)Scanner_follow, METH_VARARGS, NULL},
    {"pair", (PyCFunction)Scanner_pair, METH_VARARGS, NULL},
    {"syn", (PyCFunction)Scanner_syn, METH_VARARGS, NULL},
    {"flush", (PyCFunction)Scanner_flush, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef members[] = {
    {"number", T_ULONGLONG, offsetof(Scanner, number), 0, NULL},
    {"ticks", T_ULONGLONG, offsetof(Scanner, ticks), READONLY, NULL},
    {"interface", T_UINT, offsetof(Scanner, interface), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyTypeObject type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "ftpdiag.recording.captures._scan.Scanner",
    .tp_basicsize = sizeof(Scanner),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = Scanner_new,
    .tp_dealloc = (destructor)Scanner_dealloc,
    .tp_methods = methods,
    .tp_members = members,
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "_scan", .m_size = -1};

PyMODINIT_FUNC PyInit__scan(void)
{
    PyObject *m = PyModule_Create(&module);
    if (!m || PyModule_AddType(m, &type)) return NULL;
    return m;
}
