//! Python 2's names for what Python 3 has under others. Pickles of protocols 0 to 2 use them, those
//! that Python 3 writes too (`fix_imports`, the table of `Lib/_compat_pickle.py`).

/// The module and name in Python 3.
pub(crate) fn current<'a>(module: &'a str, name: &'a str) -> (&'a str, &'a str) {
    moved(module, name).unwrap_or_else(|| (renamed(module).unwrap_or(module), name))
}

/// Single names that have moved or have another name.
fn moved<'a>(module: &'a str, name: &'a str) -> Option<(&'a str, &'a str)> {
    Some(match (module, name) {
        ("__builtin__", "xrange") => ("builtins", "range"),
        ("__builtin__", "reduce") => ("functools", "reduce"),
        ("__builtin__", "intern") => ("sys", "intern"),
        ("__builtin__", "unichr") => ("builtins", "chr"),
        ("__builtin__", "unicode" | "basestring") => ("builtins", "str"),
        ("__builtin__", "long") => ("builtins", "int"),
        ("exceptions", "StandardError") => ("builtins", "Exception"),
        ("exceptions", _) => ("builtins", name),
        ("itertools", "izip") => ("builtins", "zip"),
        ("itertools", "imap") => ("builtins", "map"),
        ("itertools", "ifilter") => ("builtins", "filter"),
        ("itertools", "ifilterfalse") => ("itertools", "filterfalse"),
        ("itertools", "izip_longest") => ("itertools", "zip_longest"),
        ("UserDict", "IterableUserDict") => ("collections", "UserDict"),
        ("_socket", "fromfd") => ("socket", "fromfd"),
        ("socket", "_socketobject") => ("socket", "SocketType"),
        ("_multiprocessing", "Connection") => ("multiprocessing.connection", name),
        ("multiprocessing.process", "Process") => ("multiprocessing.context", name),
        ("multiprocessing.forking", "Popen") => ("multiprocessing.popen_fork", name),
        (
            "multiprocessing",
            "AuthenticationError" | "BufferTooShort" | "ProcessError" | "TimeoutError",
        ) => ("multiprocessing.context", name),
        ("urllib", "ContentTooShortError") | ("urllib2", "HTTPError" | "URLError") => {
            ("urllib.error", name)
        }
        (
            "urllib",
            "getproxies" | "pathname2url" | "url2pathname" | "urlcleanup" | "urlopen"
            | "urlretrieve",
        ) => ("urllib.request", name),
        ("urllib", "quote" | "quote_plus" | "unquote" | "unquote_plus" | "urlencode") => {
            ("urllib.parse", name)
        }
        _ => return None,
    })
}

/// Whole modules that have another name.
fn renamed(module: &str) -> Option<&'static str> {
    Some(match module {
        "__builtin__" => "builtins",
        "copy_reg" => "copyreg",
        "Queue" => "queue",
        "SocketServer" => "socketserver",
        "ConfigParser" => "configparser",
        "repr" => "reprlib",
        "tkFileDialog" | "FileDialog" => "tkinter.filedialog",
        "tkSimpleDialog" | "SimpleDialog" => "tkinter.simpledialog",
        "tkColorChooser" => "tkinter.colorchooser",
        "tkCommonDialog" => "tkinter.commondialog",
        "Dialog" => "tkinter.dialog",
        "Tkdnd" => "tkinter.dnd",
        "tkFont" => "tkinter.font",
        "tkMessageBox" => "tkinter.messagebox",
        "ScrolledText" => "tkinter.scrolledtext",
        "Tkconstants" => "tkinter.constants",
        "Tix" => "tkinter.tix",
        "ttk" => "tkinter.ttk",
        "Tkinter" => "tkinter",
        "markupbase" => "_markupbase",
        "_winreg" => "winreg",
        "thread" => "_thread",
        "dummy_thread" => "_dummy_thread",
        "dbhash" => "dbm.bsd",
        "dumbdbm" => "dbm.dumb",
        "dbm" => "dbm.ndbm",
        "gdbm" => "dbm.gnu",
        "anydbm" | "whichdb" => "dbm",
        "xmlrpclib" => "xmlrpc.client",
        "SimpleXMLRPCServer" | "DocXMLRPCServer" => "xmlrpc.server",
        "httplib" => "http.client",
        "htmlentitydefs" => "html.entities",
        "HTMLParser" => "html.parser",
        "Cookie" => "http.cookies",
        "cookielib" => "http.cookiejar",
        "BaseHTTPServer" | "SimpleHTTPServer" | "CGIHTTPServer" => "http.server",
        "test.test_support" => "test.support",
        "commands" => "subprocess",
        "urlparse" => "urllib.parse",
        "robotparser" => "urllib.robotparser",
        "urllib2" => "urllib.request",
        "_abcoll" => "collections.abc",
        "cPickle" => "pickle",
        "_elementtree" => "xml.etree.ElementTree",
        "UserDict" | "UserList" | "UserString" => "collections",
        "StringIO" | "cStringIO" => "io",
        _ => return None,
    })
}
