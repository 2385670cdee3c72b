internal import Directory
internal import Logging
internal import MailModel
